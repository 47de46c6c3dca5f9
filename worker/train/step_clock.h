#pragma once

#include <cstdint>
#include <vector>

#include "common/step_times_file.h"
#include "worker/device/device.h"

namespace dplaunch {

/// Measures where the time of the steps goes. On the CPU every step is measured; on a GPU, where a
/// measurement is an event in the stream, every `kStepsPerMeasurementOnGpu`-th unless all are asked
/// for, and the times are scaled up. Nothing waits for the device before take(). Not thread-safe.
class StepClock {
 public:
  static constexpr int kStepsPerMeasurementOnGpu = 10;

  StepClock(at::Device device, bool measures_all)
      : measures_all_(measures_all || device.is_cpu()) {}

  void begin_step();
  /// The part that ends now began where the one before ended.
  void end_of(StepPart part);
  /// Backward's computing ends now; what follows until end_of_backward() is waiting for the other
  /// ranks: the all-reduce that nothing hides.
  void note_last_gradient();
  /// backward() has returned.
  void end_of_backward();

  /// The measured steps since the last take(), in their order and counted from 1, and the seconds
  /// of all steps since then in each part; waits for the device.
  struct Taken {
    std::vector<StepTimes> steps;
    PartSeconds parts{};
  };
  Taken take();

 private:
  struct Mark {
    StepPart part;
    device::Moment moment;
  };
  struct Step {
    std::int64_t number = 0;
    device::Moment begin;
    std::vector<Mark> marks;
  };

  static StepTimes times_of(const Step& step, const Step* next);
  void mark(StepPart part, device::Moment moment);

  bool measures_all_;
  bool is_measuring_ = false;
  std::int64_t steps_ = 0;  ///< since the last take()
  std::vector<Step> measured_;
  device::Moment last_gradient_;
  bool has_gradient_ = false;
};

}  // namespace dplaunch
