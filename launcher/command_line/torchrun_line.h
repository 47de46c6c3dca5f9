#pragma once

#include <string>
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

/// `words`: behind "dplaunch torchrun". Throws Error(kUsage) for what torchrun refuses as well, and
/// for what dplaunch cannot do, with what takes its place.
TorchrunLine read_torchrun_line(const std::vector<std::string>& words,
                                const VariableLookup& variable);

}  // namespace dplaunch
