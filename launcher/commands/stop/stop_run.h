#pragma once

#include <chrono>
#include <optional>
#include <ostream>

#include "launcher/runs/find_run.h"

namespace dplaunch {

struct StopOptions {
  RunChoice choice;
  bool now = false;  ///< kill the workers instead of letting them finish their step
  /// How long to wait for the end; nullopt: the run's own grace and 10 s on top.
  std::optional<std::chrono::milliseconds> timeout;
};

/// `dplaunch stop`: asks the run's launcher to end the job, waits for that and says what came of
/// it. Only a process that is dplaunch and has this run's folder open is ever signalled. Returns
/// the exit code: 0 also if the run was not running. Throws Error(kFailure) if there is no such
/// run, it cannot be stopped from here, or it still runs at the end of the timeout.
int stop_run(const StopOptions& options, std::ostream& out);

/// The same without waiting for what comes of it, of a run that runs on this host.
void ask_to_stop(const RunFolder& folder, bool now);

}  // namespace dplaunch
