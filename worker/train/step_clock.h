#pragma once

#include <cstdint>
#include <vector>

#include "worker/device/device.h"
#include "worker/train/step_times.h"

namespace dplaunch {

/// Measures where the time of the steps goes. On the CPU every step is measured; on a GPU, where a
/// measurement is an event in the stream, every `kStepsPerMeasurementOnGpu`-th, and the times are
/// scaled up. Nothing waits for the device before take(). Not thread-safe.
class StepClock {
 public:
  static constexpr int kStepsPerMeasurementOnGpu = 10;

  explicit StepClock(at::Device device) : is_cpu_(device.is_cpu()) {}

  void begin_step();
  /// The part that ends now began where the one before ended.
  void end_of(StepPart part);
  /// Backward's computing ends now; what follows until end_of_backward() is waiting for the other
  /// ranks: the all-reduce that nothing hides.
  void note_last_gradient();
  /// backward() has returned.
  void end_of_backward();

  /// Seconds in each part since the last take(); waits for the device.
  PartSeconds take();

 private:
  struct Mark {
    StepPart part;
    device::Moment moment;
  };
  struct Step {
    device::Moment begin;
    std::vector<Mark> marks;
  };

  void mark(StepPart part, device::Moment moment);

  bool is_cpu_;
  bool is_measuring_ = false;
  std::int64_t steps_ = 0;  ///< since the last take()
  std::vector<Step> measured_;
  device::Moment last_gradient_;
  bool has_gradient_ = false;
};

}  // namespace dplaunch
