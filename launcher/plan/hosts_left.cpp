#include "launcher/plan/hosts_left.h"

#include <algorithm>
#include <numeric>

namespace dplaunch {

HostRanks ranks_of_host(const std::vector<int>& processes, int place) {
  const auto begin = processes.begin();
  return {std::accumulate(begin, begin + place, 0), std::accumulate(begin, processes.end(), 0)};
}

LaunchPlan plan_for_hosts(LaunchPlan plan, int host, const std::vector<int>& left) {
  const auto& all = plan.processes_of_hosts;
  std::vector<int> processes;
  for (const int each : left) processes.push_back(all.at(static_cast<std::size_t>(each)));
  const auto place = static_cast<int>(std::find(left.begin(), left.end(), host) - left.begin());
  const HostRanks ranks = ranks_of_host(processes, place);
  for (std::size_t i = 0; i < plan.ranks.size(); ++i) {
    RankEnvironment& environment = plan.ranks[i].environment;
    environment.rank = ranks.first + static_cast<int>(i);
    environment.world_size = ranks.world_size;
    environment.group_rank = place;
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
