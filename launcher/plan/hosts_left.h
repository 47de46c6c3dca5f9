#pragma once

#include <vector>

#include "launcher/plan/launch_plan.h"

namespace dplaunch {

struct HostRanks {
  int first = 0;       ///< of this host
  int world_size = 0;  ///< of all hosts together
};

/// Hosts have their ranks one after the other. `processes`: of each, in their order; `place`: of
/// this host in it.
HostRanks ranks_of_host(const std::vector<int>& processes, int place);
/// The same of host `host` where of all the hosts those in `left` alone are left.
HostRanks ranks_of_host_left(const std::vector<int>& processes, const std::vector<int>& left,
                             int host);

/// The plan of host `host` for a job that goes on with the hosts in `left` alone: their processes
/// are ranked anew, in the order of the hosts' indexes. The trainer's are told how many there
/// were, so that a step goes on with as many images.
LaunchPlan plan_for_hosts(LaunchPlan plan, int host, const std::vector<int>& left);

}  // namespace dplaunch
