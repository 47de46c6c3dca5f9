#pragma once

#include <vector>

#include "launcher/plan/launch_plan.h"

namespace dplaunch {

/// The plan of host `host` for a job that goes on with the hosts in `left` alone: their processes
/// are ranked anew, in the order of the hosts' indexes. The trainer's are told how many there
/// were, so that a step goes on with as many images.
LaunchPlan plan_for_hosts(LaunchPlan plan, int host, const std::vector<int>& left);

}  // namespace dplaunch
