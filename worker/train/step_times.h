#pragma once

#include <span>

#include "common/step_times_file.h"
#include "worker/report/metrics.h"

namespace dplaunch {

/// What one rank measured over the same steps as the others.
struct RankSeconds {
  PartSeconds parts{};
  double total = 0;  ///< from the first step to the last, with what is in no part
};

/// Where the ranks' time went, and how unequal they are.
struct RankTimes {
  TimeShares shares;
  RankSkew skew;
};

/// Shares are the mean of a part over the ranks, by the mean of their totals. The skew compares the
/// ranks by their time without the all-reduce, which is waiting for the slowest. `ranks` in the
/// order of their numbers; without any time, the shares are 0 and the skew is 1.
RankTimes compare_ranks(std::span<const RankSeconds> ranks);

}  // namespace dplaunch
