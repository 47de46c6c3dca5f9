#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/config/load_config.h"

namespace dplaunch {

/// `dplaunch eval`.
struct EvaluateOptions {
  std::string checkpoint;  ///< a file or a run
  std::optional<std::string> device;
  std::vector<Override> overrides;  ///< --set, then --root
  std::filesystem::path confusion;  ///< where the counts of pairs go; empty: nowhere
  bool json = false;
};

/// Evaluates a checkpoint with dplaunch's own worker on every device, in a temporary folder that
/// goes at the end; only after a failure it stays, for the logs in it. Returns the exit code;
/// throws Error.
int evaluate(const EvaluateOptions& options);

}  // namespace dplaunch
