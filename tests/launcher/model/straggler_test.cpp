// Against closed forms: the expected maximum of N exponential variables of mean 1 is 1 + 1/2 + ...
// + 1/N, of two and three normal ones 1/sqrt(pi) and 1.5/sqrt(pi), of ten 1.53875 (tables of normal
// order statistics).
#include "launcher/model/straggler.h"

#include <gmock/gmock.h>

#include <cmath>
#include <numbers>
#include <random>

namespace dplaunch {
namespace {

using ::testing::DoubleNear;

TEST(Straggler, OfTwoValuesByHand) {
  const ExpectedMaximum maximum({2, 1});
  EXPECT_DOUBLE_EQ(maximum.mean(), 1.5);
  EXPECT_DOUBLE_EQ(maximum.of(2), 1.75);  // 1/4 * 1 + 3/4 * 2
  EXPECT_DOUBLE_EQ(maximum.of(3), 1.875);
}

TEST(Straggler, OfConstantTimesIsNothing) {
  const ExpectedMaximum maximum(std::vector<double>(100, 3.0));
  EXPECT_THAT(maximum.of(1024), DoubleNear(3, 1e-9));
}

TEST(Straggler, HarmonicNumbers) {
  EXPECT_EQ(harmonic(0), 0);
  EXPECT_DOUBLE_EQ(harmonic(4), 25.0 / 12);
  EXPECT_THAT(harmonic(1'000'000), DoubleNear(std::log(1e6) + std::numbers::egamma, 1e-6));
}

/// The quantiles of the exponential distribution: a sample without chance.
std::vector<double> exponential_sample(int size) {
  std::vector<double> sample;
  for (int i = 0; i < size; ++i) sample.push_back(-std::log1p(-(i + 0.5) / size));
  return sample;
}

TEST(Straggler, OfExponentialDelaysIsTheHarmonicNumber) {
  const ExpectedMaximum maximum(exponential_sample(20'000));
  for (const int ranks : {1, 2, 8, 64, 1024}) {
    EXPECT_THAT(maximum.of(ranks) / harmonic(ranks), DoubleNear(1, 0.01)) << ranks;
  }
}

// More ranks than the sample can speak of: 200 steps of 2 ranks, asked for 1,024 ranks.
TEST(Straggler, GoesOnBeyondTheSamplesEnd) {
  const ExpectedMaximum maximum(exponential_sample(400));
  EXPECT_THAT(maximum.of(1024) / harmonic(1024), DoubleNear(1, 0.03));
}

TEST(Straggler, OfNormalTimesIsAsInTheTables) {
  std::mt19937 random(1);
  std::normal_distribution<double> normal;
  std::vector<double> sample(100'000);
  for (double& value : sample) value = normal(random);
  const ExpectedMaximum maximum(std::move(sample));
  EXPECT_THAT(maximum.of(2), DoubleNear(1 / std::sqrt(std::numbers::pi), 0.01));
  EXPECT_THAT(maximum.of(3), DoubleNear(1.5 / std::sqrt(std::numbers::pi), 0.01));
  EXPECT_THAT(maximum.of(10), DoubleNear(1.53875, 0.02));
}

}  // namespace
}  // namespace dplaunch
