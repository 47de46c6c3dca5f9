#include "launcher/plan/hosts_left.h"

#include <algorithm>
#include <numeric>

namespace dplaunch {
namespace {

int processes_of(const LaunchPlan& plan, int host) {
  return plan.processes_of_hosts.at(static_cast<std::size_t>(host));
}

}  // namespace

LaunchPlan plan_for_hosts(LaunchPlan plan, int host, const std::vector<int>& left) {
  int first_rank = 0;
  int world_size = 0;
  for (const int each : left) {
    if (each == host) first_rank = world_size;
    world_size += processes_of(plan, each);
  }
  const auto place = std::find(left.begin(), left.end(), host) - left.begin();
  const auto& all = plan.processes_of_hosts;
  for (std::size_t i = 0; i < plan.ranks.size(); ++i) {
    RankEnvironment& environment = plan.ranks[i].environment;
    environment.rank = first_rank + static_cast<int>(i);
    environment.world_size = world_size;
    environment.group_rank = static_cast<int>(place);
    environment.group_world_size = static_cast<int>(left.size());
    if (plan.is_own_worker) {
      environment.full_world_size = std::accumulate(all.begin(), all.end(), 0);
    }
    if (plan.run_folder && !environment.error_file.empty()) {
      environment.error_file = plan.run_folder->error_record(environment.rank);
    }
  }
  return plan;
}

}  // namespace dplaunch
