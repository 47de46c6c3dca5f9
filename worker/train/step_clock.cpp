#include "worker/train/step_clock.h"

#include <utility>

namespace dplaunch {

void StepClock::begin_step() {
  is_measuring_ = is_cpu_ || steps_ % kStepsPerMeasurementOnGpu == 0;
  ++steps_;
  has_gradient_ = false;
  if (!is_measuring_) return;
  measured_.emplace_back();
  measured_.back().begin.record();
}

void StepClock::end_of(StepPart part) {
  if (!is_measuring_) return;
  device::Moment now;
  now.record();
  mark(part, std::move(now));
}

void StepClock::note_last_gradient() {
  if (!is_measuring_) return;
  last_gradient_.record();
  has_gradient_ = true;
}

void StepClock::end_of_backward() {
  if (!is_measuring_) return;
  // Where nothing marked the last gradient, all of backward counts as computing.
  if (has_gradient_) mark(StepPart::kBackward, std::exchange(last_gradient_, device::Moment()));
  end_of(has_gradient_ ? StepPart::kAllReduce : StepPart::kBackward);
  has_gradient_ = false;
}

PartSeconds StepClock::take() {
  PartSeconds seconds{};
  for (const Step& step : measured_) {
    const device::Moment* before = &step.begin;
    for (const Mark& mark : step.marks) {
      seconds[static_cast<std::size_t>(mark.part)] += mark.moment.seconds_since(*before);
      before = &mark.moment;
    }
  }
  if (!measured_.empty()) {
    const double scale = static_cast<double>(steps_) / static_cast<double>(measured_.size());
    for (double& part : seconds) part *= scale;
  }
  measured_.clear();
  steps_ = 0;
  return seconds;
}

void StepClock::mark(StepPart part, device::Moment moment) {
  measured_.back().marks.push_back({part, std::move(moment)});
}

}  // namespace dplaunch
