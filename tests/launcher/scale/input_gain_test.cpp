#include "launcher/scale/input_gain.h"

#include <gtest/gtest.h>

namespace dplaunch {
namespace {

/// Of a step of 100 ms.
RunFigures figures_waiting(double waiting_s) {
  RunFigures figures;
  figures.step_seconds = 0.1;
  figures.own_seconds = figures.max_own_seconds = 0.1;
  figures.compute_seconds = 0.1 - waiting_s;
  return figures;
}

// 40 ms of reading and 60 of computing one after the other: beside each other 60.
TEST(InputGain, OfAFirstThreadIsTheWait) {
  const RunFigures figures = figures_waiting(0.04);
  const StarvedRank reads{figures, 0, 1, /*busy=*/0.6};
  EXPECT_EQ(enough_threads(reads), 1);
  const Gain gain = gain_of_threads(reads, 1);
  EXPECT_NEAR(gain.low, 0.4, 1e-12);
  EXPECT_NEAR(gain.high, 0.4, 1e-12);
}

// Each has 40 ms of reading on average, and in each step one has 50 for which the others wait.
TEST(InputGain, AtMostNoRankWaitsForAnothersBatch) {
  RunFigures figures = figures_waiting(0.04);
  figures.own_seconds = 0.09;
  figures.compute_seconds = 0.05;
  const Gain gain = gain_of_threads({figures, 0, 1, /*busy=*/0.5}, 1);
  EXPECT_NEAR(gain.low, 0.4, 1e-12);
  EXPECT_NEAR(gain.high, 0.5, 1e-12);
}

// Of 20 ms that the step waits when the slowest rank is done, the all-reduce needs 5: in the other
// 15 a rank waits for one that is late.
TEST(InputGain, AtMostAStepTakesComputingAndItsAllReduce) {
  RunFigures figures = figures_waiting(0.04);
  figures.own_seconds = figures.max_own_seconds = 0.08;
  figures.compute_seconds = 0.04;
  const StarvedRank known{figures, 0, 1, /*busy=*/0.4, /*others=*/0, /*all_reduce_s=*/0.005};
  EXPECT_NEAR(gain_of_threads(known, 1).low, 0.4, 1e-12);
  EXPECT_NEAR(gain_of_threads(known, 1).high, 0.55, 1e-12);
  // It cannot need more than is waited.
  const StarvedRank slow{figures, 0, 1, /*busy=*/0.4, /*others=*/0, /*all_reduce_s=*/0.1};
  EXPECT_NEAR(gain_of_threads(slow, 1).high, 0.4, 1e-12);
}

// The only core is busy all the time: there may be nothing to gain.
TEST(InputGain, MayBeNoneWhereNoCoreIsFree) {
  const RunFigures figures = figures_waiting(0.04);
  const Gain gain = gain_of_threads({figures, 0, 1, /*busy=*/1}, 1);
  EXPECT_NEAR(gain.low, 0, 1e-12);
  EXPECT_NEAR(gain.middle, 0.2, 1e-12);
  EXPECT_NEAR(gain.high, 0.4, 1e-12);
}

// Nor where other programs use what it leaves.
TEST(InputGain, MayBeLessWhereOthersCompute) {
  const RunFigures figures = figures_waiting(0.04);
  const auto low = [&](double others) {
    return gain_of_threads({figures, 0, 1, /*busy=*/0.6, others}, 1).low;
  };
  EXPECT_NEAR(low(0), 0.4, 1e-12);
  EXPECT_NEAR(low(0.2), 1 - 0.6 / 0.8, 1e-12);
  EXPECT_NEAR(low(0.4), 0, 1e-12);
  EXPECT_NEAR(low(1.2), 0, 1e-12);
}

// A batch each 100 ms from one thread, 30 ms of computing: four threads for each 25 ms, three 33.
TEST(InputGain, OfMoreThreadsIsByTheirNumber) {
  const RunFigures figures = figures_waiting(0.07);
  const StarvedRank four_cores{figures, 1, 8, /*busy=*/0.5};
  EXPECT_EQ(enough_threads(four_cores), 4);
  EXPECT_NEAR(gain_of_threads(four_cores, 4).high, 0.7, 1e-12);
  EXPECT_NEAR(gain_of_threads(four_cores, 2).high, 0.5, 1e-12);
  const StarvedRank three_cores{figures, 1, 3, /*busy=*/0.5};
  EXPECT_EQ(enough_threads(three_cores), 3);
}

}  // namespace
}  // namespace dplaunch
