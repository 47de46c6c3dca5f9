#pragma once

#include <sys/types.h>

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <vector>

#include "common/run_folder.h"
#include "launcher/view/run_watch.h"

namespace dplaunch {

/// What launch.json says of the run's latest start.
struct StartRecord {
  std::string host;
  std::time_t started = 0;
  pid_t launcher_pid = 0;  ///< 0 = unknown
  std::int64_t grace_ms = 0;
  std::vector<RankFacts> ranks;
};

/// The failure that ended a run, from summary.json.
struct RootCauseRecord {
  int rank = 0;
  std::int64_t pid = 0;
  std::string device;
  std::string message;
  std::string hint;
  int exit_code = 0;
  int signal = 0;
  std::string log;
};

/// How the run's latest start ended, from summary.json.
struct EndRecord {
  std::string result;  ///< "success", "failed", "stopped" or "preempted"
  int exit_code = 0;
  double seconds = 0;
  int restarts = 0;
  std::optional<RootCauseRecord> root_cause;
};

/// Throws Error(kStorage) if launch.json is missing or damaged.
StartRecord read_start(const RunFolder& folder);

/// nullopt if the launcher left no word of the end of the latest start, because it runs or because
/// it was killed. Throws Error(kStorage) for a damaged file.
std::optional<EndRecord> read_end(const RunFolder& folder);

/// The name of the newest whole checkpoint ("epoch-0003"), or empty.
std::string newest_checkpoint(const RunFolder& folder);

}  // namespace dplaunch
