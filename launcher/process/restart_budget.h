#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "launcher/plan/launch_plan.h"

namespace dplaunch {

/// How often a failed job may still be started anew. A failure after a new checkpoint was written
/// does not count against it: a job that gets on may fail as often as it likes.
class RestartBudget {
 public:
  explicit RestartBudget(const LaunchPlan& plan);

  /// The job failed with this code: the pause before the next attempt, or nullopt if there shall
  /// be none. What the trainer itself would meet again (a wrong configuration, device or data
  /// set) is not tried again.
  std::optional<std::chrono::milliseconds> take(int exit_code);

  /// Restarts since the start, or since the last progress.
  int used() const { return used_; }
  int allowed() const { return options_.max_restarts; }

 private:
  std::string newest_checkpoint() const;

  SupervisionOptions options_;
  std::optional<RunFolder> folder_;
  bool is_own_worker_;
  std::string checkpoint_;  ///< the newest at the start of the attempt
  int used_ = 0;
};

}  // namespace dplaunch
