#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/rank_environment.h"

namespace dplaunch {

/// One of torchrun 2.11's options.
struct TorchrunOption {
  std::string_view name;     ///< without its dashes
  std::string_view value;    ///< what it takes; empty: nothing
  std::string_view meaning;  ///< what becomes of it, for --help
  char letter = 0;           ///< of its short name, or 0
};

std::span<const TorchrunOption> torchrun_options();

/// "--nnodes"
std::string torchrun_name(std::string_view name);

/// By the option's name. "1" for one that takes nothing.
using TorchrunValues = std::map<std::string_view, std::string>;

struct TorchrunWords {
  TorchrunValues values;
  std::vector<std::string> script;  ///< and its arguments
};

/// As argparse reads them: abbreviations, dashes or underscores, values after "=" or as words of
/// their own; what is left out may stand in a variable, PET_<OPTION>. Throws Error(kUsage).
TorchrunWords read_torchrun_words(const std::vector<std::string>& words,
                                  const VariableLookup& variable);

/// Throws Error(kUsage).
[[noreturn]] void refuse_torchrun(const std::string& what, const std::string& hint = {});

}  // namespace dplaunch
