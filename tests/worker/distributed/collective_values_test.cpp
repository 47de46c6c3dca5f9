#include "worker/distributed/collective_values.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace dplaunch {
namespace {

constexpr std::int64_t kExactInFloat = 1 << 24;
constexpr std::int64_t kExactInBfloat16 = 1 << 8;

/// Added up rank by rank, in double.
std::vector<float> added(const CollectiveValues& values, int ranks, std::int64_t count) {
  std::vector<double> sums(static_cast<std::size_t>(count));
  for (int rank = 0; rank < ranks; ++rank) {
    const std::vector<float> each = values.of(rank, count);
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += each[i];
  }
  return {sums.begin(), sums.end()};
}

TEST(CollectiveValues, HasTheSumOfAllRanks) {
  for (const int ranks : {2, 3, 8, 100, 256, 1000}) {
    for (const std::int64_t exact : {kExactInFloat, kExactInBfloat16}) {
      const CollectiveValues values(ranks, exact);
      EXPECT_EQ(values.sum(500), added(values, ranks, 500)) << ranks;
      for (const float sum : values.sum(500)) {
        EXPECT_LE(sum, static_cast<float>(exact)) << ranks << " ranks: it would be rounded";
      }
    }
  }
}

TEST(CollectiveValues, DifferBetweenRanksAndNeighbours) {
  const CollectiveValues values(4, kExactInFloat);
  EXPECT_EQ(values.of(0, 3), (std::vector<float>{1, 2, 3}));
  EXPECT_EQ(values.of(3, 3), (std::vector<float>{4, 5, 6}));
  // A block of 64 values that stands in another one's place is seen.
  const std::vector<float> mine = values.of(0, 128);
  EXPECT_TRUE(first_difference(std::span(mine).first(64), std::span(mine).last(64)));
}

TEST(CollectiveValues, GathersInTheOrderOfTheRanks) {
  const CollectiveValues values(2, kExactInFloat);
  EXPECT_EQ(values.gathered(2), (std::vector<float>{1, 2, 2, 3}));
}

TEST(FirstDifference, NamesTheFirstWrongElement) {
  const std::vector<float> expected = CollectiveValues(2, kExactInFloat).sum(1000);
  std::vector<float> actual = expected;
  EXPECT_EQ(first_difference(actual, expected), std::nullopt);
  actual[700] = 0;
  EXPECT_EQ(first_difference(actual, expected), 700);
  actual[17] = std::nextafter(actual[17], 0.0F);  // the last bit
  EXPECT_EQ(first_difference(actual, expected), 17);
  actual[3] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(first_difference(actual, expected), 3);
}

}  // namespace
}  // namespace dplaunch
