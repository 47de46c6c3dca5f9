#include "worker/data/random.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <set>
#include <vector>

namespace dplaunch {
namespace {

TEST(SplitMix64, GivesThePublishedSequence) {
  // rosettacode.org/wiki/Pseudo-random_numbers/Splitmix64, seed 1234567.
  SplitMix64 random(1234567);
  for (const std::uint64_t expected :
       {6457827717110365317U, 3203168211198807973U, 9817491932198370423U, 4593380528125082431U,
        16408922859458223821U}) {
    EXPECT_EQ(random.next(), expected);
  }
}

TEST(SplitMix64, BoundedNumbersAreUniform) {
  SplitMix64 random(7);
  constexpr int kDraws = 90000;
  std::array<int, 9> counts{};
  for (int i = 0; i < kDraws; ++i) ++counts.at(random.below(9));
  double chi_square = 0;
  for (const int count : counts) {
    const double difference = count - kDraws / 9.0;
    chi_square += difference * difference / (kDraws / 9.0);
  }
  EXPECT_LT(chi_square, 26.1);  // 8 degrees of freedom, p = 0.001
}

TEST(SplitMix64, BoundOfOneGivesZero) {
  SplitMix64 random(7);
  EXPECT_EQ(random.below(1), 0U);
}

TEST(RandomStream, DiffersInEachCoordinate) {
  const auto first = [](std::uint64_t seed, RandomPurpose purpose, std::uint64_t epoch,
                        std::uint64_t index) {
    return random_stream(seed, purpose, {epoch, index}).next();
  };
  std::set<std::uint64_t> seen;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    for (std::uint64_t epoch = 0; epoch < 10; ++epoch) {
      for (std::uint64_t index = 0; index < 10; ++index) {
        seen.insert(first(seed, RandomPurpose::kPermutation, epoch, index));
        seen.insert(first(seed, RandomPurpose::kAugmentation, epoch, index));
      }
    }
  }
  EXPECT_EQ(seen.size(), 2000U);
}

}  // namespace
}  // namespace dplaunch
