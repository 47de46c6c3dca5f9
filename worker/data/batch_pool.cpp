#include "worker/data/batch_pool.h"

#include <fmt/core.h>

#include <algorithm>
#include <new>
#include <stdexcept>
#include <utility>

#include "base/error.h"
#include "common/data_set.h"

namespace dplaunch {
namespace {

constexpr std::size_t kAlignmentBytes = 64;

std::size_t aligned(std::size_t size_bytes) {
  return (size_bytes + kAlignmentBytes - 1) / kAlignmentBytes * kAlignmentBytes;
}

BatchBuffer make_buffer(std::int64_t batch_size, const AllocateBytes& allocate) {
  const auto samples = static_cast<std::size_t>(batch_size);
  const std::size_t image_bytes = aligned(samples * cifar100::kImageBytes * sizeof(float));
  const std::size_t label_bytes = aligned(samples * sizeof(std::int64_t));
  BatchBuffer buffer;
  buffer.storage = allocate(image_bytes + 2 * label_bytes);
  auto* start = static_cast<std::byte*>(buffer.storage.get());
  buffer.images = reinterpret_cast<float*>(start);
  buffer.labels = reinterpret_cast<std::int64_t*>(start + image_bytes);
  buffer.indices = reinterpret_cast<std::int64_t*>(start + image_bytes + label_bytes);
  return buffer;
}

}  // namespace

std::shared_ptr<void> allocate_host_bytes(std::size_t size_bytes) {
  constexpr std::align_val_t kAlignment{kAlignmentBytes};
  return {::operator new(size_bytes, kAlignment),
          [](void* start) { ::operator delete(start, kAlignment); }};
}

BatchPool::BatchPool(std::size_t buffers, std::int64_t batch_size, const AllocateBytes& allocate)
    : batch_size_(batch_size),
      slots_(buffers),
      indices_(std::make_shared<const std::vector<std::int64_t>>()) {
  for (Slot& slot : slots_) slot.buffer = make_buffer(batch_size, allocate);
}

void BatchPool::start(std::int64_t epoch, std::int64_t first_step,
                      std::vector<std::int64_t> indices) {
  const std::int64_t steps = steps_of(indices);
  if (first_step < 0 || first_step > steps) {
    throw Error(ExitCode::kFailure, fmt::format("cannot start epoch {} at step {}: it has {} steps",
                                                epoch, first_step, steps));
  }
  const std::lock_guard lock(mutex_);
  indices_ = std::make_shared<const std::vector<std::int64_t>>(std::move(indices));
  ++generation_;
  epoch_ = epoch;
  next_claimed_ = next_taken_ = first_step;
  for (Slot& slot : slots_) {
    if (slot.state == State::kReady) slot.state = State::kFree;
  }
  job_available_.notify_all();
}

std::int64_t BatchPool::steps() const {
  const std::lock_guard lock(mutex_);
  return steps_of(*indices_);
}

std::optional<BatchJob> BatchPool::wait_for_job(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  std::optional<BatchJob> job;
  job_available_.wait(lock, stop,
                      [&] { return stop.stop_requested() || (job = claim()).has_value(); });
  return job;
}

std::optional<BatchJob> BatchPool::try_get_job() {
  const std::lock_guard lock(mutex_);
  return claim();
}

void BatchPool::finish(const BatchJob& job, std::exception_ptr error) {
  const std::lock_guard lock(mutex_);
  Slot& slot = slots_[job.slot];
  slot.error = std::move(error);
  if (job.generation == generation_) {
    slot.state = State::kReady;
    batch_ready_.notify_one();
  } else {
    // An epoch that was abandoned while the thread was at it.
    slot.state = State::kFree;
    job_available_.notify_one();
  }
}

std::optional<BatchPool::Taken> BatchPool::take() {
  std::unique_lock lock(mutex_);
  if (next_taken_ >= steps_of(*indices_)) return std::nullopt;
  if (all_held()) throw std::logic_error("next(): every batch is held, release one first");
  Slot* slot = nullptr;
  batch_ready_.wait(lock, [&] {
    slot = find(State::kReady, next_taken_);
    return slot != nullptr;
  });
  const std::int64_t step = next_taken_++;
  if (slot->error) {
    slot->state = State::kFree;
    job_available_.notify_one();
    std::rethrow_exception(std::exchange(slot->error, nullptr));
  }
  slot->state = State::kHeld;
  return Taken{static_cast<std::size_t>(slot - slots_.data()), step, size_of(step)};
}

void BatchPool::release(std::size_t slot) {
  const std::lock_guard lock(mutex_);
  slots_[slot].state = State::kFree;
  job_available_.notify_one();
}

std::optional<BatchJob> BatchPool::claim() {
  if (next_claimed_ >= steps_of(*indices_)) return std::nullopt;
  const auto free_slot =
      std::ranges::find_if(slots_, [](const Slot& slot) { return slot.state == State::kFree; });
  if (free_slot == slots_.end()) return std::nullopt;
  free_slot->state = State::kFilling;
  free_slot->step = next_claimed_++;
  free_slot->error = nullptr;
  return BatchJob{static_cast<std::size_t>(free_slot - slots_.begin()), generation_, epoch_,
                  free_slot->step, indices_};
}

BatchPool::Slot* BatchPool::find(State state, std::int64_t step) {
  const auto found = std::ranges::find_if(
      slots_, [&](const Slot& slot) { return slot.state == state && slot.step == step; });
  return found == slots_.end() ? nullptr : &*found;
}

bool BatchPool::all_held() const {
  return std::ranges::all_of(slots_, [](const Slot& slot) { return slot.state == State::kHeld; });
}

std::int64_t BatchPool::steps_of(const std::vector<std::int64_t>& indices) const {
  return (static_cast<std::int64_t>(indices.size()) + batch_size_ - 1) / batch_size_;
}

std::int64_t BatchPool::size_of(std::int64_t step) const {
  return std::min(batch_size_, static_cast<std::int64_t>(indices_->size()) - step * batch_size_);
}

}  // namespace dplaunch
