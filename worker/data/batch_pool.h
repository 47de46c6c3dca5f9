#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <vector>

namespace dplaunch {

/// Gives memory for a batch, which is freed with the pointer. Aligned to 64 bytes or more.
using AllocateBytes = std::function<std::shared_ptr<void>(std::size_t size_bytes)>;

/// Ordinary host memory, aligned to 64 bytes.
std::shared_ptr<void> allocate_host_bytes(std::size_t size_bytes);

/// Memory of one batch: images, labels and sample indices in one allocation.
struct BatchBuffer {
  std::shared_ptr<void> storage;
  float* images = nullptr;
  std::int64_t* labels = nullptr;
  std::int64_t* indices = nullptr;
};

/// One batch to assemble.
struct BatchJob {
  std::size_t slot = 0;
  std::uint64_t generation = 0;  ///< which start() it belongs to
  std::int64_t epoch = 0;
  std::int64_t step = 0;
  std::shared_ptr<const std::vector<std::int64_t>> epoch_indices;
};

/// The buffers of a loader and who has them: free, being filled, ready, or held by the consumer.
/// Steps are handed out in order together with a free buffer, and taken in order, so any number of
/// threads gives the consumer the same sequence. Thread-safe.
class BatchPool {
 public:
  BatchPool(std::size_t buffers, std::int64_t batch_size, const AllocateBytes& allocate);

  /// Begins an epoch and forgets what was prepared of the one before. Held batches stay valid.
  void start(std::int64_t epoch, std::int64_t first_step, std::vector<std::int64_t> indices);
  std::int64_t steps() const;

  /// For the threads: waits for something to fill; nothing once a stop is requested.
  std::optional<BatchJob> wait_for_job(const std::stop_token& stop);
  /// For a loader without threads: the next job if there is a step left.
  std::optional<BatchJob> try_get_job();
  const BatchBuffer& buffer(std::size_t slot) const { return slots_[slot].buffer; }
  /// The job is done; `error` says how it failed, if it did.
  void finish(const BatchJob& job, std::exception_ptr error);

  /// A batch in the consumer's hands.
  struct Taken {
    std::size_t slot;
    std::int64_t step;
    std::int64_t size;
  };
  /// Waits for the next step's batch; nothing at the epoch's end. Rethrows what happened while it
  /// was filled; throws std::logic_error when the consumer holds every buffer, because it would
  /// wait for itself.
  std::optional<Taken> take();
  void release(std::size_t slot);

 private:
  enum class State { kFree, kFilling, kReady, kHeld };
  struct Slot {
    BatchBuffer buffer;
    State state = State::kFree;
    std::int64_t step = 0;
    std::exception_ptr error;
  };

  std::optional<BatchJob> claim();
  Slot* find(State state, std::int64_t step);
  bool all_held() const;
  std::int64_t steps_of(const std::vector<std::int64_t>& indices) const;
  std::int64_t size_of(std::int64_t step) const;

  const std::int64_t batch_size_;
  mutable std::mutex mutex_;
  std::condition_variable_any job_available_;
  std::condition_variable_any batch_ready_;
  std::vector<Slot> slots_;
  std::shared_ptr<const std::vector<std::int64_t>> indices_;
  std::uint64_t generation_ = 0;
  std::int64_t epoch_ = 0;
  std::int64_t next_claimed_ = 0;
  std::int64_t next_taken_ = 0;
};

}  // namespace dplaunch
