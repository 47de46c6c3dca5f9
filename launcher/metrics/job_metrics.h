#pragma once

#include <string>

#include "common/run_folder.h"
#include "launcher/metrics/metrics_text.h"
#include "launcher/plan/launch_plan.h"
#include "launcher/view/run_watch.h"

namespace dplaunch {

/// The figures of a job that runs, read from its folder each time they are asked for. For one
/// thread.
class JobMetrics {
 public:
  /// `restarts`: so many attempts came before this one. The plan has a run folder.
  JobMetrics(const LaunchPlan& plan, int restarts);

  std::string text(bool all_hosts);

 private:
  void look_at_output();

  RunFolder folder_;
  bool is_training_;
  RunWatch watch_;
  JobFacts facts_;
  std::vector<int> ranks_;
};

}  // namespace dplaunch
