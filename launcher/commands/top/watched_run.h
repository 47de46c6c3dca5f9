#pragma once

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>

#include "launcher/runs/run_state.h"
#include "launcher/view/command_watch.h"
#include "launcher/view/run_view.h"
#include "launcher/view/run_watch.h"

namespace dplaunch {

/// What a run is doing, in a row.
struct RunRow {
  RunFolder folder{std::filesystem::path()};
  std::string state;  ///< state_name(), or "unreadable"
  bool is_running = false;
  std::time_t started = 0;
  std::vector<int> own_ranks;  ///< of this host, which have a log here
  std::size_t ranks = 0;       ///< of all hosts
  /// Of this host's ranks with all that descends from them; of one core.
  std::optional<double> cpu_percent;
  std::int64_t memory_bytes = 0;
  std::optional<GpuUse> gpu;  ///< memory of all, utilization on average
  std::string progress;       ///< "epoch 3/10, 45%"; empty: it says nothing of it
  std::optional<double> seconds_left;
  std::string trouble;  ///< "rank 1 silent for 12 s"
  std::string newest;   ///< the newest line that a rank has written
};

/// One run of this host, looked at again and again: while it runs, and how it ended. For one
/// thread.
class WatchedRun {
 public:
  explicit WatchedRun(RunFolder folder) : folder_(folder), command_watch_(std::move(folder)) {}

  /// `table` as list_processes() gave it a moment ago. Never throws: what cannot be read is the
  /// row's trouble.
  RunRow look(const std::vector<ProcessEntry>& table, std::int64_t now_ns);

 private:
  void fill(RunRow& row, const std::vector<ProcessEntry>& table, std::int64_t now_ns);

  RunFolder folder_;
  CommandWatch command_watch_;
  std::optional<RunWatch> watch_;
  std::string watched_start_;
};

}  // namespace dplaunch
