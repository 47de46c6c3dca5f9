#pragma once

#include <filesystem>
#include <string>

namespace dplaunch {

/// What keeps a worker of the wheel dplaunch-trainer from starting.
struct MissingNeed {
  std::string problem;  ///< empty: nothing
  std::string hint;
};

/// Looks for what the worker was linked to where its wheel finds it: in site-packages, two folders
/// above the worker's own. So that a user hears which torch is needed, and not the dynamic linker's
/// word on a symbol. By the file `<worker>.needs` (scripts/package_trainer.sh): "torch 2.11", then
/// a path in site-packages a line. Nothing is missing where there is no such file.
MissingNeed missing_need(const std::filesystem::path& worker);

}  // namespace dplaunch
