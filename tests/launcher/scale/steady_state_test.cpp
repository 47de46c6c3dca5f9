#include "launcher/scale/steady_state.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace dplaunch {
namespace {

constexpr int kSeries = 20;

/// Steps of 0.2 s with 3% of noise; the first are slower, each by half of the one before.
std::vector<double> steps(unsigned seed, int slow, double first_excess) {
  std::mt19937 random(seed);
  std::normal_distribution<double> noise(0, 0.03);
  std::vector<double> seconds;
  for (int i = 0; i < 40; ++i) {
    seconds.push_back(0.2 * (1 + noise(random)) + (i < slow ? first_excess : 0));
  }
  return seconds;
}

TEST(WarmUp, OfFiveSlowStepsIsLeftOut) {
  for (const double excess : {0.03, 0.1, 1.0}) {
    for (unsigned seed = 0; seed < kSeries; ++seed) {
      const std::size_t warmup = warmup_steps(steps(seed, 5, excess));
      EXPECT_GE(warmup, 5) << "seed " << seed << ", slower by " << excess;
      EXPECT_LE(warmup, 7) << "seed " << seed << ", slower by " << excess;
    }
  }
}

TEST(WarmUp, OfASteadySeriesIsTwoStepsAtMost) {
  for (unsigned seed = 0; seed < 50 * kSeries; ++seed) {
    EXPECT_LE(warmup_steps(steps(seed, 0, 0)), 2) << "seed " << seed;
  }
}

TEST(WarmUp, OfOneExtraordinaryStepIsThatStep) {
  for (unsigned seed = 0; seed < kSeries; ++seed) {
    std::vector<double> seconds = steps(seed, 0, 0);
    seconds.front() = 5;
    EXPECT_EQ(warmup_steps(seconds), 1) << "seed " << seed;
  }
}

TEST(WarmUp, ThatDecaysIsFollowedToItsEnd) {
  std::vector<double> seconds(60, 0.1);
  for (int i = 0; i < 6; ++i) seconds[static_cast<std::size_t>(i)] += 0.8 / (1 << i);
  EXPECT_EQ(warmup_steps(seconds), 6);
}

TEST(WarmUp, IsHalfOfTheStepsAtMost) {
  std::vector<double> seconds;
  for (int i = 0; i < 40; ++i) seconds.push_back(1.0 / (1 + i));
  EXPECT_LE(warmup_steps(seconds), 20);
}

TEST(WarmUp, HasNoneOfStepsThatGetSlowerOrAreNone) {
  std::vector<double> seconds(20, 0.1);
  seconds.resize(40, 0.2);
  EXPECT_EQ(warmup_steps(seconds), 0);
  EXPECT_EQ(warmup_steps({}), 0);
  EXPECT_EQ(warmup_steps(std::vector<double>{1}), 0);
}

}  // namespace
}  // namespace dplaunch
