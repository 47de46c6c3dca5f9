#pragma once

#include <string>
#include <vector>

#include "launcher/commands/job/launch_options.h"

namespace dplaunch {

/// Runs the user's own command once for each device, with the environment that torchrun gives, and
/// supervises it to its end. `words` is the command line, for the record. Returns the exit code;
/// throws Error.
int run_command(const LaunchOptions& options, const std::vector<std::string>& words);

}  // namespace dplaunch
