#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "common/gradient_times_file.h"
#include "worker/device/device.h"
#include "worker/distributed/distributed_data_parallel.h"

namespace dplaunch {

/// Notes when in each backward pass the gradients are there, of the latest passes. On a GPU a
/// gradient is an event in the stream; nothing waits for the device before medians(). Not
/// thread-safe: autograd may call back on another thread, while this one waits for it.
class GradientClock {
 public:
  /// `model` must not run backward once this is gone.
  explicit GradientClock(DistributedDataParallel& model);
  GradientClock(const GradientClock&) = delete;
  GradientClock& operator=(const GradientClock&) = delete;

  void begin_backward();
  void end_backward() { is_in_backward_ = false; }

  /// Medians over the latest passes, in the order of the latest one; empty without any. Waits for
  /// the device.
  std::vector<GradientTime> medians() const;

 private:
  struct Gradient {
    std::size_t parameter;
    std::int64_t bytes;
    device::Moment moment;
  };
  struct Pass {
    device::Moment begin;
    std::vector<Gradient> gradients;
  };

  void note(std::size_t parameter, std::int64_t bytes);

  std::deque<Pass> passes_;
  bool is_in_backward_ = false;
};

}  // namespace dplaunch
