#include "worker/train/step_times.h"

#include <gtest/gtest.h>

#include <vector>

namespace dplaunch {
namespace {

// Seconds of waiting for data, forward, backward, all-reduce, update; then of all.

TEST(StepTimes, SharesAreMeansOverTheRanks) {
  const std::vector<RankSeconds> ranks = {{{1, 2, 3, 3, 1}, 10}, {{2, 3, 4, 0, 1}, 10}};
  const TimeShares shares = compare_ranks(ranks).shares;
  EXPECT_DOUBLE_EQ(shares.data_wait, 0.15);
  EXPECT_DOUBLE_EQ(shares.forward, 0.25);
  EXPECT_DOUBLE_EQ(shares.backward, 0.35);
  EXPECT_DOUBLE_EQ(shares.all_reduce, 0.15);
  EXPECT_DOUBLE_EQ(shares.update, 0.1);
}

TEST(StepTimes, ARankThatBeganLaterDoesNotRaiseTheShares) {
  const std::vector<RankSeconds> ranks = {{{0, 2, 2, 0, 0}, 8}, {{0, 2, 2, 0, 0}, 12}};
  EXPECT_DOUBLE_EQ(compare_ranks(ranks).shares.forward, 0.2);
}

// Rank 2 computes 12 s, the others 8 and 10, which wait for it in the all-reduce: the mean is 10.
TEST(StepTimes, TheSlowestRankIsFoundByItsTimeWithoutWaiting) {
  const std::vector<RankSeconds> ranks = {
      {{1, 3, 3, 4, 1}, 12}, {{1, 4, 4, 2, 1}, 12}, {{1, 5, 5, 0, 1}, 12}};
  const RankSkew skew = compare_ranks(ranks).skew;
  EXPECT_EQ(skew.slowest_rank, 2);
  EXPECT_DOUBLE_EQ(skew.slowest_over_mean, 1.2);
}

TEST(StepTimes, EqualRanksHaveNoSkew) {
  const std::vector<RankSeconds> ranks(3, {{1, 1, 1, 1, 1}, 5});
  const RankSkew skew = compare_ranks(ranks).skew;
  EXPECT_DOUBLE_EQ(skew.slowest_over_mean, 1);
  EXPECT_EQ(skew.slowest_rank, 0);
}

// An epoch of which nothing was left to train.
TEST(StepTimes, WithoutTimeNothingIsDividedByZero) {
  for (const std::vector<RankSeconds>& ranks : {std::vector<RankSeconds>(2), {}}) {
    const RankTimes times = compare_ranks(ranks);
    EXPECT_EQ(times.shares.forward, 0);
    EXPECT_EQ(times.skew.slowest_over_mean, 1);
  }
}

}  // namespace
}  // namespace dplaunch
