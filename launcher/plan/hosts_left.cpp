#include "launcher/plan/hosts_left.h"

#include <algorithm>
#include <numeric>

namespace dplaunch {
namespace {

int place_of(const std::vector<int>& hosts, int host) {
  return static_cast<int>(std::find(hosts.begin(), hosts.end(), host) - hosts.begin());
}

}  // namespace

HostRanks ranks_of_host(const std::vector<int>& processes, int place) {
  const auto begin = processes.begin();
  return {std::accumulate(begin, begin + place, 0), std::accumulate(begin, processes.end(), 0)};
}

HostRanks ranks_of_host_left(const std::vector<int>& processes, const std::vector<int>& left,
                             int host) {
  std::vector<int> of_left;
  for (const int each : left) of_left.push_back(processes.at(static_cast<std::size_t>(each)));
  return ranks_of_host(of_left, place_of(left, host));
}

LaunchPlan plan_for_hosts(LaunchPlan plan, int host, const std::vector<int>& left) {
  const auto& all = plan.processes_of_hosts;
  const int place = place_of(left, host);
  const HostRanks ranks = ranks_of_host_left(all, left, host);
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
