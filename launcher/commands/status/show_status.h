#pragma once

#include <chrono>
#include <optional>
#include <ostream>

#include "launcher/runs/find_run.h"

namespace dplaunch {

struct StatusOptions {
  RunChoice choice;
  bool watch = false;  ///< repeat until the run ends
  bool json = false;
  bool csv = false;    ///< the epochs' figures instead, see metrics_csv()
  bool probe = false;  ///< only whether all is well, see probe_run()
  std::optional<std::chrono::milliseconds> stall_timeout;  ///< of a probe
};

/// `dplaunch status`: the run's folder, state, ranks and progress. Watching redraws in place if
/// `terminal_fd`, to which `out` leads, is a terminal; otherwise it adds a block every 5 s, or a
/// line of JSON. Returns the exit code: 0, or that of probe_run(). Throws Error(kFailure) if there
/// is no such run, Error(kStorage) if its files cannot be read.
int show_status(const StatusOptions& options, std::ostream& out, int terminal_fd = 1);

}  // namespace dplaunch
