#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace dplaunch {

/// Values by which the result of a collective can be told to be right: small whole numbers, another
/// for each rank and neighbour, whose sums are exact in whatever order they are added.
class CollectiveValues {
 public:
  /// `exact_up_to`: the largest number up to which every whole one is a value of the type: 2^24 for
  /// fp32, 2^8 for bf16.
  CollectiveValues(int ranks, std::int64_t exact_up_to);

  /// What the rank gives at each place.
  std::vector<float> of(int rank, std::int64_t count) const;
  /// The sum over all ranks at each place.
  std::vector<float> sum(std::int64_t count) const;
  /// The parts of all ranks, one behind the other.
  std::vector<float> gathered(std::int64_t count_each) const;

 private:
  float at(int rank, std::int64_t place) const;

  int ranks_;
  std::int64_t period_;
  int givers_;  ///< the ranks from this on give 0: more would not have an exact sum
};

/// The first place at which the two differ; nullopt if there is none. NaN differs from everything.
std::optional<std::int64_t> first_difference(std::span<const float> actual,
                                             std::span<const float> expected);

}  // namespace dplaunch
