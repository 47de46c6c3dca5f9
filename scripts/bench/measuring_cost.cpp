// What measuring costs a training step: measuring_cost BOARD makes a status board there, calls the
// step clock and the status writer as TrainStep does in a step on the CPU, and prints nanoseconds a
// step.
#include <cstdint>
#include <iostream>
#include <stdexcept>

#include "base/monotonic_clock.h"
#include "worker/device/device.h"
#include "worker/report/status_writer.h"
#include "worker/trace/chrome_trace.h"
#include "worker/trace/trace_range.h"
#include "worker/train/step_clock.h"

namespace {

using namespace dplaunch;

constexpr int kEpochs = 1000;
constexpr int kStepsPerEpoch = 390;

void measure_step(StepClock& clock, StatusWriter& status) {
  status.set_activity(Activity::kData);
  clock.begin_step();
  clock.end_of(StepPart::kData);
  status.set_activity(Activity::kForward);
  { const TraceRange range("forward"); }
  clock.end_of(StepPart::kForward);
  status.set_activity(Activity::kBackward);
  {
    const TraceRange range("backward");
    clock.note_last_gradient();
    const TraceRange exposed(kExposedAllReduce, TraceRange::Kind::kOverlapping);
  }
  clock.end_of_backward();
  status.set_activity(Activity::kUpdate);
  { const TraceRange range("update"); }
  clock.end_of(StepPart::kUpdate);
  status.count_step();
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 2) throw std::runtime_error("usage: measuring_cost BOARD");
  StatusWriter status(StatusBoard::create(argv[1], /*world_size=*/1), /*local_rank=*/0);
  StepClock clock(device::select({}));
  const std::int64_t start_ns = monotonic_ns();
  double measured_seconds = 0;
  for (int epoch = 0; epoch < kEpochs; ++epoch) {
    for (int step = 0; step < kStepsPerEpoch; ++step) measure_step(clock, status);
    for (const double part : clock.take()) measured_seconds += part;
  }
  const auto taken_ns = static_cast<double>(monotonic_ns() - start_ns);
  if (measured_seconds <= 0) throw std::runtime_error("the clock measured nothing");
  std::cout << taken_ns / kEpochs / kStepsPerEpoch << '\n';
} catch (const std::exception& error) {
  std::cerr << "measuring_cost: " << error.what() << '\n';
  return 1;
}
