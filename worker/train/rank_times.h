#pragma once

#include <array>

#include "worker/distributed/process_group.h"
#include "worker/report/metrics.h"
#include "worker/train/step_clock.h"

namespace dplaunch {

/// Where the ranks' time went, and how unequal they are.
struct RankTimes {
  TimeShares shares;
  RankSkew skew;
};

/// From the seconds that each part of this rank's steps took, of `seconds` in all. A collective:
/// every rank gets the same result.
RankTimes compare_ranks(const std::array<double, kStepParts>& part_seconds, double seconds,
                        ProcessGroup& group, at::Device device);

}  // namespace dplaunch
