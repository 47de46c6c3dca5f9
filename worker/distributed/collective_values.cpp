#include "worker/distributed/collective_values.h"

#include <algorithm>
#include <cstddef>

namespace dplaunch {
namespace {

/// A prime: what was moved by a power of two bytes, as a lost or doubled block is, is seen.
constexpr std::int64_t kMostValues = 61;

}  // namespace

CollectiveValues::CollectiveValues(int ranks, std::int64_t exact_up_to)
    : ranks_(ranks),
      period_(std::clamp<std::int64_t>(exact_up_to / std::max(ranks, 1), 1, kMostValues)),
      givers_(static_cast<int>(std::min<std::int64_t>(ranks, exact_up_to))) {}

float CollectiveValues::at(int rank, std::int64_t place) const {
  return rank < givers_ ? static_cast<float>(1 + (place + rank) % period_) : 0.0F;
}

std::vector<float> CollectiveValues::of(int rank, std::int64_t count) const {
  std::vector<float> values(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) values[static_cast<std::size_t>(i)] = at(rank, i);
  return values;
}

std::vector<float> CollectiveValues::sum(std::int64_t count) const {
  std::vector<float> one_period(static_cast<std::size_t>(period_));
  for (std::int64_t i = 0; i < period_; ++i) {
    for (int rank = 0; rank < ranks_; ++rank)
      one_period[static_cast<std::size_t>(i)] += at(rank, i);
  }
  std::vector<float> sums(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) {
    sums[static_cast<std::size_t>(i)] = one_period[static_cast<std::size_t>(i % period_)];
  }
  return sums;
}

std::vector<float> CollectiveValues::gathered(std::int64_t count_each) const {
  std::vector<float> all;
  all.reserve(static_cast<std::size_t>(count_each * ranks_));
  for (int rank = 0; rank < ranks_; ++rank) {
    const std::vector<float> part = of(rank, count_each);
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

std::optional<std::int64_t> first_difference(std::span<const float> actual,
                                             std::span<const float> expected) {
  const auto [found, other] = std::ranges::mismatch(actual, expected);
  if (found == actual.end() && other == expected.end()) return std::nullopt;
  return found - actual.begin();
}

}  // namespace dplaunch
