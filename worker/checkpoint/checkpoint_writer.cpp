#include "worker/checkpoint/checkpoint_writer.h"

#include <utility>

#include "base/process/signals_blocked.h"

namespace dplaunch {

CheckpointWriter::CheckpointWriter() {
  const SignalsBlocked blocked;  // signals are the main thread's
  thread_ = std::thread([this] { run(); });
}

CheckpointWriter::~CheckpointWriter() {
  {
    const std::lock_guard lock(mutex_);
    is_closed_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void CheckpointWriter::save(const RunFolder& folder, const Config& config, const Progress& progress,
                            const CheckpointTensors& tensors, bool is_best) {
  wait();
  auto job = [folder, config, progress, copy = host_copy(tensors), is_best] {
    save_checkpoint(folder, config, progress, copy, is_best);
  };
  {
    const std::lock_guard lock(mutex_);
    job_ = std::move(job);
  }
  changed_.notify_all();
}

void CheckpointWriter::wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !job_; });
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void CheckpointWriter::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return job_ || is_closed_; });
    if (!job_) return;
    lock.unlock();
    std::exception_ptr failure;
    try {
      job_();  // nobody changes it while it is set
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    failure_ = failure;
    job_ = nullptr;
    changed_.notify_all();
  }
}

}  // namespace dplaunch
