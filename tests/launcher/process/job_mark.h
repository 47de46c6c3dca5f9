#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "launcher/plan/launch_plan.h"

namespace dplaunch {

/// An environment entry that the processes of one job have and no others: however they leave their
/// parents, groups and sessions, they are found by it.
class JobMark {
 public:
  JobMark();

  std::string entry() const { return name_ + "=" + value_; }
  /// Marks the workers of `plan`, and so all their descendants, but not the launcher.
  LaunchPlan put_on(LaunchPlan plan) const;

  /// The processes that have it and live.
  std::vector<pid_t> living() const;
  /// Waits until at least `count` live; false after ten seconds.
  bool appear(std::size_t count) const;
  /// Waits until none is left; those that still live after ten seconds.
  std::vector<pid_t> survivors() const;

 private:
  std::string name_ = "DPLAUNCH_TEST_JOB";
  std::string value_;
};

}  // namespace dplaunch
