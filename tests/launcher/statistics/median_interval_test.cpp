#include "launcher/statistics/median_interval.h"

#include <gmock/gmock.h>

#include <cmath>
#include <numeric>
#include <random>

namespace dplaunch {
namespace {

using ::testing::AllOf;
using ::testing::DoubleNear;
using ::testing::Ge;
using ::testing::Le;

std::vector<double> one_to(int n) {
  std::vector<double> values(static_cast<std::size_t>(n));
  std::iota(values.begin(), values.end(), 1.0);
  return values;
}

// The binomial distribution's values for p = 1/2, as tables of the sign test have them.
TEST(MedianInterval, OfFewValuesSaysItsTrueCoverage) {
  EXPECT_DOUBLE_EQ(median_interval(one_to(3)).coverage, 0.75);
  EXPECT_DOUBLE_EQ(median_interval(one_to(4)).coverage, 0.875);
  EXPECT_DOUBLE_EQ(median_interval(one_to(5)).coverage, 0.9375);
  EXPECT_DOUBLE_EQ(median_interval(one_to(6)).coverage, 0.95);
  EXPECT_EQ(median_interval(one_to(5)).low, 1);
  EXPECT_EQ(median_interval(one_to(5)).high, 5);
  EXPECT_EQ(median_interval(one_to(1)).coverage, 0);
}

TEST(MedianInterval, OfNoValueIsNone) {
  EXPECT_TRUE(std::isnan(median({})));
  EXPECT_TRUE(std::isnan(median_interval({}).low));
  EXPECT_EQ(median_interval({}).count, 0);
}

// Worked by hand from the formula: n = 10, k = 2 covers 0.9785, k = 3 0.8906: share 0.3241,
// weight 8 * 0.3241 / (2 + 6 * 0.3241) = 0.6573.
TEST(MedianInterval, IsInterpolatedBetweenOrderStatistics) {
  const MedianInterval interval = median_interval(one_to(10));
  EXPECT_DOUBLE_EQ(interval.median, 5.5);
  EXPECT_THAT(interval.low, DoubleNear(2.657, 0.001));
  EXPECT_THAT(interval.high, DoubleNear(8.343, 0.001));
}

TEST(MedianInterval, IsTheSameInAnyOrder) {
  const MedianInterval interval = median_interval({3, 1, 6, 2, 5, 4});
  EXPECT_DOUBLE_EQ(interval.median, 3.5);
  EXPECT_DOUBLE_EQ(interval.low, median_interval(one_to(6)).low);
}

/// A machine whose speed drifts: log times of an AR(1) process around log `true_ratio` apart.
class DriftingMachine {
 public:
  DriftingMachine(unsigned seed, double drift) : random_(seed), drift_(drift) {}

  double time(double true_time) {
    state_ = kMemory * state_ + std::sqrt(1 - kMemory * kMemory) * drift_ * normal_(random_);
    return true_time * std::exp(state_ + kNoise * normal_(random_));
  }
  std::mt19937& random() { return random_; }

 private:
  static constexpr double kMemory = 0.9;
  static constexpr double kNoise = 0.01;

  std::mt19937 random_;
  std::normal_distribution<double> normal_;
  double drift_;
  double state_ = 0;
};

constexpr int kExperiments = 2000;

/// One experiment of randomised pairs: the ratio of two things of which one takes `ratio` times as
/// long as the other.
MedianInterval experiment(unsigned seed, double drift, std::size_t blocks, double ratio) {
  DriftingMachine machine(seed, drift);
  std::vector<double> slow;
  std::vector<double> fast;
  for (std::size_t block = 0; block < blocks; ++block) {
    const bool is_slow_first = machine.random()() % 2 == 0;
    if (is_slow_first) slow.push_back(machine.time(ratio));
    fast.push_back(machine.time(1));
    if (!is_slow_first) slow.push_back(machine.time(ratio));
  }
  return median_ratio(slow, fast);
}

struct Drift {
  double size;
  std::size_t blocks;
};

class OnADriftingMachine : public testing::TestWithParam<Drift> {};

TEST_P(OnADriftingMachine, CoversTheTrueRatioAsOftenAsItSays) {
  constexpr double kRatio = 1.6;
  int covered = 0;
  for (unsigned seed = 0; seed < kExperiments; ++seed) {
    const MedianInterval interval = experiment(seed, GetParam().size, GetParam().blocks, kRatio);
    covered += interval.low <= kRatio && kRatio <= interval.high ? 1 : 0;
  }
  EXPECT_THAT(covered, AllOf(Ge(0.93 * kExperiments), Le(0.99 * kExperiments)));
}

TEST_P(OnADriftingMachine, FindsNoDifferenceBetweenEquals) {
  int alarms = 0;
  for (unsigned seed = 0; seed < kExperiments; ++seed) {
    const MedianInterval interval = experiment(seed, GetParam().size, GetParam().blocks, 1);
    alarms += interval.low > 1 || interval.high < 1 ? 1 : 0;
  }
  EXPECT_THAT(alarms, AllOf(Ge(0.02 * kExperiments), Le(0.08 * kExperiments)));
}

INSTANTIATE_TEST_SUITE_P(MedianInterval, OnADriftingMachine,
                         testing::Values(Drift{0.05, 6}, Drift{0.25, 6}, Drift{0.05, 8},
                                         Drift{0.25, 8}, Drift{0.05, 12}, Drift{0.25, 20}),
                         [](const testing::TestParamInfo<Drift>& test) {
                           return std::to_string(std::lround(test.param.size * 100)) + "PercentIn" +
                                  std::to_string(test.param.blocks) + "Blocks";
                         });

// What drifts by 5% leaves 2% between neighbours: the pairs of 6 blocks show a tenth.
TEST(MedianInterval, FindsATenth) {
  int found = 0;
  for (unsigned seed = 0; seed < kExperiments; ++seed) {
    found += experiment(seed, 0.05, 6, 1.1).low > 1 ? 1 : 0;
  }
  EXPECT_GE(found, 0.95 * kExperiments);
}

}  // namespace
}  // namespace dplaunch
