#pragma once

#include <string>
#include <vector>

#include "launcher/command_line/launch_options.h"

namespace dplaunch {

/// Trains with dplaunch's own worker on every device: resolves the wish against this machine,
/// checks what can be checked before anything is started, and supervises the job to its end.
/// `words` is the command line, for the record. Returns the exit code; throws Error.
int train(const LaunchOptions& options, const std::vector<std::string>& words);

}  // namespace dplaunch
