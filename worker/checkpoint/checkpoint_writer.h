#pragma once

#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>

#include "worker/checkpoint/checkpoint.h"

namespace dplaunch {

/// Writes checkpoints while training goes on: the tensors are copied, and a thread of its own does
/// the rest. One is written at a time. For one thread.
class CheckpointWriter {
 public:
  CheckpointWriter();
  /// Returns when what was begun is written.
  ~CheckpointWriter();
  CheckpointWriter(const CheckpointWriter&) = delete;
  CheckpointWriter& operator=(const CheckpointWriter&) = delete;

  /// save_checkpoint() of a copy of the tensors as they are now. Waits for the one before; throws
  /// what that one threw.
  void save(const RunFolder& folder, const Config& config, const Progress& progress,
            const CheckpointTensors& tensors, bool is_best);
  /// Waits until all is written; throws what the writing threw.
  void wait();

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::function<void()> job_;  ///< being written; empty: nothing
  std::exception_ptr failure_;
  bool is_closed_ = false;
  std::thread thread_;  ///< last: it uses the others
};

}  // namespace dplaunch
