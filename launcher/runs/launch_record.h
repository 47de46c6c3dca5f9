#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <ctime>
#include <string>
#include <vector>

#include "common/config/config.h"
#include "common/run_folder.h"
#include "launcher/plan/launch_plan.h"

namespace dplaunch {

// launch.json: what a start of a run is. Written here at the start, read here by whoever looks at
// the run later.

/// What launch.json says besides the plan.
struct LaunchFacts {
  std::vector<std::string> command_line;  ///< of dplaunch itself
  std::string driver_version;             ///< of the GPUs; empty without one
  int usable_cores = 1;
  std::time_t started = 0;
};

/// The number of the start that comes next in the folder: 1, or one more than that of its record.
/// A record that says no number, or that cannot be read, is that of a first start.
int next_attempt(const RunFolder& folder);

/// Writes launch.json into the plan's run folder. Throws Error(kStorage).
void write_launch_record(const LaunchPlan& plan, const LaunchFacts& facts);

/// Writes config.resolved.yml, which dplaunch's own workers read. Throws Error(kStorage).
void write_config(const RunFolder& folder, const Config& config);

/// For a run that has one already: a proposal, which the workers read in its place and make it when
/// they have accepted it. Throws Error(kStorage).
void propose_config(const RunFolder& folder, const Config& config);
/// Removes a proposal that was not accepted.
void withdraw_config(const RunFolder& folder);

/// What does not change of a rank.
struct RankRecord {
  int rank = 0;
  int slot = 0;          ///< on the status board: the local rank
  std::string gpu_uuid;  ///< empty on the CPU
  std::string gpu_name = {};
  std::string cpus = {};  ///< "0-3" that it is bound to; empty: to none, or not said
};

/// As launch.json has the ranks of a plan.
std::vector<RankRecord> rank_records(const LaunchPlan& plan);

/// A command as read_start() would give it: in launch.json secrets are masked (without_secrets()),
/// and bytes that are no UTF-8 replaced.
std::vector<std::string> as_recorded(const std::vector<std::string>& words);

/// What launch.json says of the run's latest start.
struct StartRecord {
  std::string id;  ///< empty: of dplaunch before it was written
  std::string host;
  std::time_t started = 0;
  int attempt = 1;         ///< how often the run had been started by then
  pid_t launcher_pid = 0;  ///< 0 = unknown
  std::int64_t grace_ms = 0;
  std::chrono::milliseconds stall_timeout{0};  ///< 0: nobody looks, or not said
  std::vector<std::string> command;            ///< of rank 0, with its program's path
  std::vector<RankRecord> ranks;
  std::string dplaunch_version;
  std::string driver_version;             ///< of the GPUs; empty without one
  std::int64_t usable_cores = 0;          ///< 0 = unknown
  std::vector<std::string> command_line;  ///< of dplaunch itself
  std::vector<std::string> notes;         ///< what the plan said
};

/// Throws Error(kStorage) if launch.json is missing, damaged, or of a newer dplaunch.
StartRecord read_start(const RunFolder& folder);

}  // namespace dplaunch
