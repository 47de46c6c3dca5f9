#include "worker/data/sampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <fstream>
#include <numeric>
#include <set>
#include <sstream>
#include <string>

#include "base/error.h"

namespace dplaunch {
namespace {

using Indices = std::vector<std::int64_t>;

Indices all_of(std::int64_t count) {
  Indices all(static_cast<std::size_t>(count));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

Indices sorted(Indices indices) {
  std::ranges::sort(indices);
  return indices;
}

/// Global batch `step`, put together from what each rank takes of it.
Indices global_batch(std::int64_t count, std::int64_t batch, std::int64_t world_size,
                     std::int64_t step) {
  Indices joined;
  for (std::int64_t rank = 0; rank < world_size; ++rank) {
    const Indices mine = EpochSampler(count, batch, rank, world_size, 3).indices(5);
    joined.insert(joined.end(), mine.begin() + step * batch, mine.begin() + (step + 1) * batch);
  }
  return joined;
}

TEST(EpochPermutation, IsAPermutation) {
  for (const std::int64_t count : {0, 1, 2, 3, 100, 1009}) {
    EXPECT_EQ(sorted(epoch_permutation(count, 1, 2)), all_of(count)) << count;
  }
}

TEST(EpochPermutation, DependsOnSeedAndEpochAlone) {
  EXPECT_EQ(epoch_permutation(1000, 1, 2), epoch_permutation(1000, 1, 2));
  EXPECT_NE(epoch_permutation(1000, 1, 2), epoch_permutation(1000, 1, 3));
  EXPECT_NE(epoch_permutation(1000, 1, 2), epoch_permutation(1000, 2, 2));
  EXPECT_NE(epoch_permutation(1000, 1, 2), epoch_permutation(1000, 2, 1));
}

TEST(EpochPermutation, IsThatOfTheReference) {
  std::ifstream file(REFERENCE_FILE);
  int checked = 0;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string kind;
    std::string bar;
    std::int64_t count = 0;
    std::int64_t epoch = 0;
    std::uint64_t seed = 0;
    words >> kind;
    if (kind != "permutation") continue;
    words >> count >> seed >> epoch >> bar;
    const Indices order = epoch_permutation(count, seed, epoch);
    for (std::size_t i = 0; i < 8; ++i) {
      std::int64_t expected = -1;
      words >> expected;
      EXPECT_EQ(order[i], expected) << line;
    }
    ++checked;
  }
  EXPECT_EQ(checked, 4);
}

TEST(EpochPermutation, PutsEachSampleAtEachPlaceEquallyOften) {
  constexpr int kEpochs = 7000;
  std::array<std::array<int, 7>, 7> counts{};
  for (int epoch = 0; epoch < kEpochs; ++epoch) {
    const Indices order = epoch_permutation(7, 11, epoch);
    for (std::size_t place = 0; place < 7; ++place) ++counts[place].at(order[place]);
  }
  for (const auto& place : counts) {
    double chi_square = 0;
    for (const int count : place) chi_square += (count - 1000.0) * (count - 1000.0) / 1000.0;
    EXPECT_LT(chi_square, 22.5);  // 6 degrees of freedom, p = 0.001
  }
}

TEST(EpochSampler, RanksShareAnEpochWithoutOverlapInEqualSteps) {
  for (const std::int64_t count : {64, 100, 1000, 1009}) {
    for (const std::int64_t batch : {1, 5, 16}) {
      for (const std::int64_t world_size : {1, 2, 3, 4}) {
        std::set<std::int64_t> seen;
        const std::int64_t steps = count / (batch * world_size);
        for (std::int64_t rank = 0; rank < world_size; ++rank) {
          const EpochSampler sampler(count, batch, rank, world_size, 9);
          const Indices mine = sampler.indices(1);
          EXPECT_EQ(sampler.steps_per_epoch(), steps);
          EXPECT_EQ(static_cast<std::int64_t>(mine.size()), steps * batch);
          seen.insert(mine.begin(), mine.end());
        }
        EXPECT_EQ(static_cast<std::int64_t>(seen.size()), steps * batch * world_size);
        EXPECT_GE(*seen.begin(), 0);
        EXPECT_LT(*seen.rbegin(), count);
      }
    }
  }
}

TEST(EpochSampler, GlobalBatchIsTheSameForEachWorldSize) {
  const Indices order = epoch_permutation(1009, 3, 5);
  for (std::int64_t step = 0; step < 1009 / 32; ++step) {
    const Indices expected(order.begin() + step * 32, order.begin() + (step + 1) * 32);
    EXPECT_EQ(global_batch(1009, 32, 1, step), expected);
    EXPECT_EQ(global_batch(1009, 16, 2, step), expected);
    EXPECT_EQ(global_batch(1009, 8, 4, step), expected);
  }
}

TEST(EpochSampler, DropsOtherSamplesInEachEpoch) {
  const EpochSampler sampler(1009, 100, 0, 1, 0);
  EXPECT_NE(sorted(sampler.indices(0)), sorted(sampler.indices(1)));
}

TEST(EpochSampler, RejectsABatchThatTheSetCannotFill) {
  try {
    const EpochSampler sampler(500, 256, 0, 2, 0);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kUsage);
    EXPECT_STREQ(error.what(), "bsize 256 x 2 processes is more than the 500 training images");
    EXPECT_EQ(error.hint(), "set bsize to at most 250, or use more images (limit_train)");
  }
  EXPECT_EQ(EpochSampler(500, 250, 1, 2, 0).steps_per_epoch(), 1);
  EXPECT_THROW(EpochSampler(500, INT64_MAX, 0, 2, 0), Error);
  EXPECT_THROW(EpochSampler(3, 1, 0, 4, 0), Error);
  EXPECT_THROW(EpochSampler(500, 0, 0, 1, 0), Error);
  EXPECT_THROW(EpochSampler(500, 1, 2, 2, 0), Error);
}

TEST(EvaluationShard, CoversEachSampleOnceInSharesThatDifferByOneAtMost) {
  for (const std::int64_t count : {0, 1, 5, 10000}) {
    for (const std::int64_t world_size : {1, 2, 3, 7, 64}) {
      Indices joined;
      for (std::int64_t rank = 0; rank < world_size; ++rank) {
        const Indices shard = evaluation_shard(count, rank, world_size);
        const auto size = static_cast<std::int64_t>(shard.size());
        EXPECT_TRUE(size == count / world_size || size == count / world_size + 1);
        joined.insert(joined.end(), shard.begin(), shard.end());
      }
      EXPECT_EQ(joined, all_of(count)) << count << " over " << world_size;
    }
  }
}

}  // namespace
}  // namespace dplaunch
