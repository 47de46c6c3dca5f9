#include "worker/train/step_clock.h"

#include <cstddef>
#include <numeric>
#include <utility>

namespace dplaunch {

void StepClock::begin_step() {
  is_measuring_ = measures_all_ || steps_ % kStepsPerMeasurementOnGpu == 0;
  ++steps_;
  has_gradient_ = false;
  if (!is_measuring_) return;
  measured_.emplace_back();
  measured_.back().number = steps_;
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

StepClock::Taken StepClock::take() {
  Taken taken;
  for (std::size_t i = 0; i < measured_.size(); ++i) {
    const Step* next = i + 1 < measured_.size() ? &measured_[i + 1] : nullptr;
    taken.steps.push_back(times_of(measured_[i], next));
    for (std::size_t part = 0; part < kStepParts; ++part) {
      taken.parts[part] += taken.steps.back().parts[part];
    }
  }
  if (!measured_.empty()) {
    const double scale = static_cast<double>(steps_) / static_cast<double>(measured_.size());
    for (double& part : taken.parts) part *= scale;
  }
  measured_.clear();
  steps_ = 0;
  return taken;
}

StepTimes StepClock::times_of(const Step& step, const Step* next) {
  StepTimes times;
  times.step = step.number;
  const device::Moment* before = &step.begin;
  for (const Mark& mark : step.marks) {
    times.parts[static_cast<std::size_t>(mark.part)] += mark.moment.seconds_since(*before);
    before = &mark.moment;
  }
  const bool is_followed = next != nullptr && next->number == step.number + 1;
  times.seconds = is_followed ? next->begin.seconds_since(step.begin)
                              : std::accumulate(times.parts.begin(), times.parts.end(), 0.0);
  return times;
}

void StepClock::mark(StepPart part, device::Moment moment) {
  measured_.back().marks.push_back({part, std::move(moment)});
}

}  // namespace dplaunch
