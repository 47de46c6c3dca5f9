#pragma once

#include <string>
#include <vector>

#include "launcher/commands/job/launch_options.h"

namespace dplaunch {

/// `--seeds N`: trains N times, with the configured seed and those after it, one run after the
/// other, and prints the mean and the sample standard deviation of their final accuracies. A run's
/// name gets "-seed-S" behind it. Ends with the first run that does not come to its end, and with
/// its exit code.
int train_seeds(const LaunchOptions& options, const std::vector<std::string>& words);

}  // namespace dplaunch
