#include "worker/data/sampler.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

#include "base/error.h"
#include "worker/data/random.h"

namespace dplaunch {
namespace {

void check_rank(std::int64_t rank, std::int64_t world_size) {
  if (world_size >= 1 && rank >= 0 && rank < world_size) return;
  throw Error(ExitCode::kUsage,
              fmt::format("rank {} of world size {} does not exist", rank, world_size));
}

void check_count(std::int64_t count) {
  if (count >= 0 && count <= std::numeric_limits<std::uint32_t>::max()) return;
  throw Error(ExitCode::kData,
              fmt::format("a data set of {} samples is out of range (0..4294967295)", count));
}

/// batch_per_rank x world_size, without overflow.
std::int64_t checked_global_batch(std::int64_t count, std::int64_t batch_per_rank,
                                  std::int64_t world_size) {
  if (batch_per_rank < 1) {
    throw Error(ExitCode::kUsage, fmt::format("bsize {} is below 1", batch_per_rank));
  }
  if (batch_per_rank <= count / world_size) return batch_per_rank * world_size;
  const std::int64_t max = count / world_size;
  throw Error(ExitCode::kUsage,
              fmt::format("bsize {} x {} processes is more than the {} training images",
                          batch_per_rank, world_size, count),
              max > 0
                  ? fmt::format("set bsize to at most {}, or use more images (limit_train)", max)
                  : "use fewer processes, or more images (limit_train)");
}

}  // namespace

std::vector<std::int64_t> epoch_permutation(std::int64_t count, std::uint64_t seed,
                                            std::int64_t epoch) {
  check_count(count);
  std::vector<std::int64_t> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  SplitMix64 random =
      random_stream(seed, RandomPurpose::kPermutation, {static_cast<std::uint64_t>(epoch)});
  for (std::size_t left = order.size(); left > 1; --left) {
    std::swap(order[left - 1], order[random.below(static_cast<std::uint32_t>(left))]);
  }
  return order;
}

EpochSampler::EpochSampler(std::int64_t count, std::int64_t batch_per_rank, std::int64_t rank,
                           std::int64_t world_size, std::uint64_t seed)
    : count_(count), batch_per_rank_(batch_per_rank), rank_(rank), seed_(seed) {
  check_rank(rank, world_size);
  check_count(count);
  global_batch_ = checked_global_batch(count, batch_per_rank, world_size);
}

std::vector<std::int64_t> EpochSampler::indices(std::int64_t epoch) const {
  const std::vector<std::int64_t> order = epoch_permutation(count_, seed_, epoch);
  std::vector<std::int64_t> mine;
  mine.reserve(static_cast<std::size_t>(steps_per_epoch() * batch_per_rank_));
  for (std::int64_t step = 0; step < steps_per_epoch(); ++step) {
    const auto first = order.begin() + step * global_batch_ + rank_ * batch_per_rank_;
    mine.insert(mine.end(), first, first + batch_per_rank_);
  }
  return mine;
}

std::vector<std::int64_t> evaluation_shard(std::int64_t count, std::int64_t rank,
                                           std::int64_t world_size) {
  check_rank(rank, world_size);
  check_count(count);
  const std::int64_t share = count / world_size;
  const std::int64_t larger_shares = count % world_size;
  const std::int64_t first = rank * share + std::min(rank, larger_shares);
  std::vector<std::int64_t> shard(static_cast<std::size_t>(share + (rank < larger_shares ? 1 : 0)));
  std::iota(shard.begin(), shard.end(), first);
  return shard;
}

}  // namespace dplaunch
