#pragma once

#include <string>
#include <vector>

#include "launcher/report/likely_cause.h"
#include "launcher/report/rank_outcome.h"

namespace dplaunch {

/// What the launcher knows to lie behind the failure of `failed`, which no rank's own words tell:
/// its port was taken, the store went with rank 0, there is no input to read. Empty if it knows
/// nothing.
std::string known_cause(const std::vector<RankOutcome>& outcomes, const RankOutcome& failed,
                        const FailureContext& context);

}  // namespace dplaunch
