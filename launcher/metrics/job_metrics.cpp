#include "launcher/metrics/job_metrics.h"

#include <ctime>

#include "base/files/changed.h"
#include "base/monotonic_clock.h"
#include "base/process/host_name.h"
#include "launcher/runs/launch_record.h"

namespace dplaunch {

JobMetrics::JobMetrics(const LaunchPlan& plan, int restarts)
    : folder_(*plan.run_folder),
      is_training_(plan.is_own_worker),
      watch_(folder_, rank_records(plan), plan.start_id) {
  facts_.run = folder_.root().filename().string();
  facts_.kind = is_training_ ? "training" : "command";
  facts_.host = short_host_name(host_name());
  facts_.world_size = plan.ranks.front().environment.world_size;
  facts_.restarts = restarts;
  facts_.started_unix = std::time(nullptr);
  for (const RankPlan& rank : plan.ranks) {
    ranks_.push_back(rank.environment.rank);
    if (rank.gpu) facts_.gpu_uuids[rank.environment.rank] = rank.gpu->uuid;
  }
}

std::string JobMetrics::text(bool all_hosts) {
  if (!is_training_) look_at_output();
  return metrics_text(watch_.look(monotonic_ns(), true), facts_, all_hosts);
}

/// The only sign of life that a command gives.
void JobMetrics::look_at_output() {
  for (const int rank : ranks_) facts_.output_ns[rank] = changed_ns(folder_.log(rank));
}

}  // namespace dplaunch
