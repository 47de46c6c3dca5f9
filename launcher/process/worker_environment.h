#pragma once

#include <string>
#include <vector>

#include "launcher/plan/launch_plan.h"

namespace dplaunch {

/// The environment of a worker as "NAME=value" entries: the launcher's own, in which `rank`'s
/// variables replace those of the same name. Rank variables of an outer launcher that this rank
/// does not have (a descriptor, an error file) are left out.
std::vector<std::string> worker_environment(const RankPlan& rank);

}  // namespace dplaunch
