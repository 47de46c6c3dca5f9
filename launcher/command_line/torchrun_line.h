#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/rank_environment.h"

namespace dplaunch {

/// torchrun's command line in dplaunch's words.
struct TorchrunLine {
  std::vector<std::string> options;  ///< of dplaunch
  std::vector<std::string> command;  ///< behind "--"
  EnvironmentVariables variables;    ///< that torchrun sets for all ranks, unless they are set
  std::vector<std::string> remarks;  ///< what is not as in torchrun, a line for each option
};

/// `words`: behind "dplaunch torchrun". As torchrun 2.11 reads them: abbreviations, dashes or
/// underscores, values after "=" or as words of their own; what is left out may stand in a
/// variable, PET_<OPTION>. Throws Error(kUsage) for what torchrun refuses as well, and for what
/// dplaunch cannot do, with what takes its place.
TorchrunLine read_torchrun_line(const std::vector<std::string>& words,
                                const VariableLookup& variable);

/// For help and completion.
struct TorchrunOption {
  std::string_view name;     ///< without its dashes
  std::string_view value;    ///< what it takes; empty: nothing
  std::string_view meaning;  ///< what becomes of it
  char letter = 0;           ///< of its short name, or 0
};

std::span<const TorchrunOption> torchrun_options();

}  // namespace dplaunch
