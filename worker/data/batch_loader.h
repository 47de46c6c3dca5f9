#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "worker/data/augment.h"
#include "worker/data/batch_pool.h"
#include "worker/data/cifar100_file.h"

namespace dplaunch {

/// A batch in the consumer's hands: valid until it is released or destroyed, even if the loader is
/// gone. `images` is size() x 3 x 32 x 32 in the loader's layout.
class Batch {
 public:
  Batch(std::shared_ptr<BatchPool> pool, const BatchPool::Taken& taken)
      : pool_(std::move(pool)), taken_(taken) {}
  Batch(Batch&&) noexcept = default;
  Batch& operator=(Batch&& other) noexcept {
    if (this == &other) return *this;
    release();
    pool_ = std::move(other.pool_);
    taken_ = other.taken_;
    return *this;
  }
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;
  ~Batch() { release(); }

  float* images() const { return pool_->buffer(taken_.slot).images; }
  std::int64_t* labels() const { return pool_->buffer(taken_.slot).labels; }
  std::int64_t* indices() const { return pool_->buffer(taken_.slot).indices; }
  std::int64_t size() const { return taken_.size; }
  std::int64_t step() const { return taken_.step; }

  /// Gives the memory back to the loader; may be called from any thread.
  void release() {
    if (pool_) pool_->release(taken_.slot);
    pool_.reset();
  }

 private:
  std::shared_ptr<BatchPool> pool_;
  BatchPool::Taken taken_;
};

struct LoaderConfig {
  std::int64_t batch_size = 1;
  std::int64_t workers = 0;  ///< threads; 0 = next() assembles the batch itself
  ImageLayout layout = ImageLayout::kNhwc;
  std::optional<AugmentConfig> augmentation;  ///< none = normalised only, for evaluation
  std::uint64_t seed = 0;                     ///< of the augmentation
  AllocateBytes allocate = allocate_host_bytes;
};

/// The samples of an epoch in order, of this rank: EpochSampler::indices, or a fixed shard. Step k
/// takes [k*batch_size, (k+1)*batch_size); the last batch may be smaller.
using IndicesOfEpoch = std::function<std::vector<std::int64_t>(std::int64_t epoch)>;

/// Yields the batches of an epoch to one consumer, assembled ahead by threads. Their order and
/// content are the same for any number of threads. Holds two buffers more than threads, so the
/// consumer may keep two batches while every thread is at work.
class BatchLoader {
 public:
  /// `data` must outlive the loader.
  BatchLoader(const Cifar100File& data, LoaderConfig config, IndicesOfEpoch indices_of_epoch);
  BatchLoader(const BatchLoader&) = delete;
  BatchLoader& operator=(const BatchLoader&) = delete;

  /// Begins an epoch (and abandons the one before where it is): the threads start to fill, so call
  /// it early, for example before an evaluation. `first_step` resumes in the middle.
  void start_epoch(std::int64_t epoch, std::int64_t first_step = 0);
  std::int64_t steps() const { return pool_->steps(); }  ///< of the epoch that was started

  /// The next batch; nothing at the end of the epoch. Throws what a thread threw while assembling
  /// it, and std::logic_error when the consumer still holds every buffer.
  std::optional<Batch> next();

 private:
  void fill(const BatchJob& job) const;
  void fill_and_finish(const BatchJob& job) const;

  const Cifar100File& data_;
  const LoaderConfig config_;
  const IndicesOfEpoch indices_of_epoch_;
  const std::shared_ptr<BatchPool> pool_;
  /// Last: they are stopped and joined before anything that they use goes away.
  std::vector<std::jthread> threads_;
};

}  // namespace dplaunch
