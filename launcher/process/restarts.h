#pragma once

#include <chrono>
#include <optional>
#include <ostream>
#include <string>

#include "launcher/plan/launch_plan.h"
#include "launcher/report/job_end.h"

namespace dplaunch {

/// The wait before a job's next attempt.
struct Pause {
  std::chrono::milliseconds time{0};
  /// Of the restart that follows: since the start, or since the last progress. 0: it goes on
  /// without a lost host, which is not counted.
  int number = 0;
  int allowed = 0;  ///< as many are made without progress
  bool is_announced = true;
};

/// Whether and when a failed job is started anew. A failure after a new checkpoint does not count
/// against what is allowed: a job that makes progress may fail as often as it likes.
class Restarts {
 public:
  explicit Restarts(const LaunchPlan& plan);

  /// An attempt ended so: the pause before the next one, or nullopt if there is to be none: after
  /// the loss of a host as long as enough are left, without counting it, and never otherwise. There
  /// is one for a failed job alone, unless the user gave it up, and not for what the trainer itself
  /// would only meet again (a wrong configuration, device or data set).
  std::optional<Pause> next(const JobEnd& end, const Verdict& verdict);

 private:
  std::string newest_checkpoint() const;

  SupervisionOptions options_;
  std::optional<RunFolder> folder_;
  bool is_own_worker_;
  std::string checkpoint_;  ///< the newest at the start of the attempt
  int used_ = 0;
};

/// Announces the pause on `out`, if it is to be, and waits until it is over, or until a signal ends
/// it, which is returned then: SIGTERM, those of SIGINT, SIGHUP and SIGQUIT that are not ignored,
/// or the preempt signal unless that is 0. SIGUSR1 and SIGUSR2, which are for the ranks, do
/// nothing: there are none.
std::optional<Interruption> wait_for_restart(const Pause& pause, int preempt_signal,
                                             std::ostream& out);

}  // namespace dplaunch
