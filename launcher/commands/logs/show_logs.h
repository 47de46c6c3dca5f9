#pragma once

#include <cstdint>
#include <optional>
#include <ostream>

#include "launcher/runs/find_run.h"

namespace dplaunch {

struct LogsOptions {
  RunChoice choice;
  bool follow = false;
  std::optional<int> rank = 0;             ///< nullopt: all, each line with its rank before it
  bool is_rank_given = false;              ///< by the user: of a failed run another may tell more
  std::optional<std::int64_t> lines = 20;  ///< of each rank; nullopt: all
};

/// `dplaunch logs`: the last lines of a rank's log, of a progress bar its newest state. Following
/// shows what comes, as it comes (inotify), until the run ends; a log that is cut off or replaced
/// is reported on `notes`. Returns the exit code. Throws Error(kFailure) if there is no such run or
/// rank, Error(kStorage) if a log cannot be read.
int show_logs(const LogsOptions& options, std::ostream& out, std::ostream& notes);

}  // namespace dplaunch
