#include "worker/train/step_times.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace dplaunch {
namespace {

double of_part(const RankSeconds& rank, StepPart part) {
  return rank.parts[static_cast<std::size_t>(part)];
}

/// What a rank needs by itself.
double own_seconds(const RankSeconds& rank) {
  return std::accumulate(rank.parts.begin(), rank.parts.end(), 0.0) -
         of_part(rank, StepPart::kAllReduce);
}

template <typename Value>
double mean(std::span<const RankSeconds> ranks, const Value& value) {
  double sum = 0;
  for (const RankSeconds& rank : ranks) sum += value(rank);
  return ranks.empty() ? 0 : sum / static_cast<double>(ranks.size());
}

RankSkew skew(std::span<const RankSeconds> ranks) {
  const auto slowest = std::ranges::max_element(ranks, {}, own_seconds);
  const double mean_seconds = mean(ranks, own_seconds);
  RankSkew skew;
  if (mean_seconds > 0) skew.slowest_over_mean = own_seconds(*slowest) / mean_seconds;
  skew.slowest_rank = slowest - ranks.begin();
  return skew;
}

}  // namespace

RankTimes compare_ranks(std::span<const RankSeconds> ranks) {
  // Rank 0 begins an epoch later than the others, which wait for it: its total alone is too short.
  const double total = mean(ranks, [](const RankSeconds& rank) { return rank.total; });
  if (total <= 0) return {};
  const auto share = [&](StepPart part) {
    return mean(ranks, [part](const RankSeconds& rank) { return of_part(rank, part); }) / total;
  };
  return {{share(StepPart::kData), share(StepPart::kForward), share(StepPart::kBackward),
           share(StepPart::kAllReduce), share(StepPart::kUpdate)},
          skew(ranks)};
}

}  // namespace dplaunch
