#pragma once

#include <cstdint>
#include <vector>

namespace dplaunch {

/// The order in which an epoch visits `count` samples: a function of (seed, epoch) alone.
std::vector<std::int64_t> epoch_permutation(std::int64_t count, std::uint64_t seed,
                                            std::int64_t epoch);

/// What each rank takes of an epoch. Global batch k is permutation[k*G, (k+1)*G) with G =
/// batch_per_rank x world_size, the same set for every world size with the same G; rank r takes
/// its r-th contiguous part. Each rank makes the same number of steps: the incomplete last global
/// batch is dropped (other samples in each epoch).
class EpochSampler {
 public:
  /// Throws Error(kUsage) when a global batch holds more than `count` samples.
  EpochSampler(std::int64_t count, std::int64_t batch_per_rank, std::int64_t rank,
               std::int64_t world_size, std::uint64_t seed);

  std::int64_t steps_per_epoch() const { return count_ / global_batch_; }
  std::int64_t batch_per_rank() const { return batch_per_rank_; }
  std::int64_t global_batch() const { return global_batch_; }

  /// This rank's samples of the epoch: step k takes [k*batch_per_rank, (k+1)*batch_per_rank).
  std::vector<std::int64_t> indices(std::int64_t epoch) const;

 private:
  std::int64_t count_;
  std::int64_t batch_per_rank_;
  std::int64_t rank_;
  std::int64_t global_batch_;
  std::uint64_t seed_;
};

/// The samples that `rank` evaluates: contiguous, over all ranks each of `count` samples once, and
/// no rank has more than one sample more than another (some have none if count < world_size).
std::vector<std::int64_t> evaluation_shard(std::int64_t count, std::int64_t rank,
                                           std::int64_t world_size);

}  // namespace dplaunch
