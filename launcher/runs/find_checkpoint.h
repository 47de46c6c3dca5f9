#pragma once

#include <filesystem>
#include <string>

namespace dplaunch {

/// The file that a user means: one by its path, or of a run, named as for `dplaunch status`, its
/// best checkpoint or else the latest. Links are followed, so that a run that goes on meanwhile
/// cannot put another file in its place. Throws Error(kUsage) that says what there is.
std::filesystem::path find_checkpoint(const std::string& file_or_run);

}  // namespace dplaunch
