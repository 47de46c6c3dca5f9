#include "worker/train/step_times.h"

#include <algorithm>
#include <vector>

namespace dplaunch {
namespace {

double own_seconds_of(const RankSeconds& rank) {
  return own_seconds(rank.parts);
}

template <typename Value>
double mean(std::span<const RankSeconds> ranks, const Value& value) {
  double sum = 0;
  for (const RankSeconds& rank : ranks) sum += value(rank);
  return ranks.empty() ? 0 : sum / static_cast<double>(ranks.size());
}

RankSkew skew(std::span<const RankSeconds> ranks) {
  const auto slowest = std::ranges::max_element(ranks, {}, own_seconds_of);
  const double mean_seconds = mean(ranks, own_seconds_of);
  RankSkew skew;
  if (mean_seconds > 0) skew.slowest_over_mean = own_seconds_of(*slowest) / mean_seconds;
  skew.slowest_rank = slowest - ranks.begin();
  return skew;
}

}  // namespace

RankTimes compare_ranks(std::span<const RankSeconds> ranks) {
  // Rank 0 begins an epoch later than the others, which wait for it: its total alone is too short.
  const double total = mean(ranks, [](const RankSeconds& rank) { return rank.total; });
  if (total <= 0) return {};
  const auto share = [&](StepPart part) {
    return mean(ranks, [part](const RankSeconds& rank) { return part_of(rank.parts, part); }) /
           total;
  };
  return {{share(StepPart::kData), share(StepPart::kForward), share(StepPart::kBackward),
           share(StepPart::kAllReduce), share(StepPart::kUpdate)},
          skew(ranks)};
}

}  // namespace dplaunch
