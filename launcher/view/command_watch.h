#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/process/process_use.h"
#include "common/run_folder.h"
#include "launcher/runs/run_state.h"
#include "launcher/view/log_end.h"
#include "launcher/view/run_view.h"

namespace dplaunch {

/// What can be seen of a rank of a command, which reports nothing itself.
struct CommandRankView {
  int rank = 0;
  std::string host;                   ///< as RankView
  pid_t pid = 0;                      ///< 0: not known, or it is no process of the run's any more
  ProcessUse use;                     ///< of `pid`
  std::optional<double> cpu_percent;  ///< of one core, since the look before
  LogEnd output;
  std::optional<RankEnd> end;  ///< as it was recorded at the end of the job
  std::optional<GpuUse> gpu;
};

/// Between two looks, for the first processor time: some clock ticks, and not long to wait for.
constexpr std::chrono::milliseconds kMeasuredTime{200};

/// Looks at the processes and logs of a command's ranks, again and again. For one thread.
class CommandWatch {
 public:
  explicit CommandWatch(RunFolder folder) : folder_(std::move(folder)) {}

  /// `table` as list_processes() gave it a moment ago.
  std::vector<CommandRankView> look(const RunState& state, const std::vector<ProcessEntry>& table,
                                    std::int64_t now_ns);

 private:
  struct Earlier {
    std::int64_t at_ns = 0;
    double cpu_seconds = 0;
  };

  std::optional<double> cpu_percent(const CommandRankView& rank, std::int64_t now_ns);

  RunFolder folder_;
  std::map<pid_t, Earlier> earlier_;
};

/// A line for each rank, those of other hosts in `run` too, none wider than `columns`.
std::vector<std::string> command_lines(const std::vector<CommandRankView>& ranks,
                                       const RunView& run, std::time_t now, int columns);

}  // namespace dplaunch
