#pragma once

#include <chrono>
#include <vector>

namespace dplaunch {

/// What to do with a rank that hangs.
enum class OnStall {
  kWarn,     ///< say so, and go on waiting
  kStop,     ///< end the job as failed
  kRestart,  ///< start all ranks anew, as after a failure
};

/// How the workers of a job are watched and ended.
struct SupervisionOptions {
  /// Between the polite request and SIGKILL, on every path on which workers are ended.
  std::chrono::milliseconds grace{10000};
  /// How often all ranks are started anew after a failure, not counting those that came after a
  /// new checkpoint.
  int max_restarts = 0;
  /// The first pause before a restart; it doubles up to `kLongestBackOff`.
  std::chrono::milliseconds back_off{1000};
  static constexpr std::chrono::milliseconds kLongestBackOff{60000};
  /// The signal by which a batch system announces the end: checkpoint, stop, exit code 75. 0: none.
  int preempt_signal = 0;
  /// A rank that shows no sign of life for so long hangs; 0: nobody looks.
  std::chrono::milliseconds stall_timeout{0};
  OnStall on_stall = OnStall::kWarn;
  /// Ranks whose standard output is shown; their logs hold it in any case.
  bool show_all_ranks = false;
  std::vector<int> shown_ranks = {0};
  /// Standard output, to keep a live view at its bottom if it is a terminal; -1: no live view.
  int live_view_fd = -1;
};

}  // namespace dplaunch
