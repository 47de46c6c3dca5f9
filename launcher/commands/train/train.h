#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/run_folder.h"
#include "launcher/commands/job/launch_options.h"

namespace dplaunch {

/// Trains with dplaunch's own worker on every device: resolves the wish against this machine,
/// checks what can be checked before anything is started, and supervises the job to its end.
/// `words` is the command line, for the record. Returns the exit code; throws Error.
int train(const LaunchOptions& options, const std::vector<std::string>& words);

/// The same, and where the run lives; nullopt if none was meant (--show-config, --dry-run).
struct TrainedRun {
  int exit_code = 0;
  std::optional<RunFolder> folder;
};
TrainedRun train_run(const LaunchOptions& options, const std::vector<std::string>& words);

}  // namespace dplaunch
