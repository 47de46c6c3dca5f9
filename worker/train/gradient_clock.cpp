#include "worker/train/gradient_clock.h"

#include <algorithm>
#include <map>

namespace dplaunch {
namespace {

constexpr std::size_t kMostPasses = 32;

double median(std::vector<double>& values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

GradientClock::GradientClock(DistributedDataParallel& model) {
  model.on_each_gradient(
      [this](std::size_t parameter, std::int64_t bytes) { note(parameter, bytes); });
}

void GradientClock::begin_backward() {
  if (passes_.size() == kMostPasses) passes_.pop_front();
  passes_.emplace_back();
  passes_.back().begin.record();
  is_in_backward_ = true;
}

void GradientClock::note(std::size_t parameter, std::int64_t bytes) {
  if (!is_in_backward_) return;
  passes_.back().gradients.push_back({parameter, bytes, {}});
  passes_.back().gradients.back().moment.record();
}

std::vector<GradientTime> GradientClock::medians() const {
  std::vector<GradientTime> medians;
  if (passes_.empty()) return medians;
  std::map<std::size_t, std::vector<double>> seconds;  // by parameter
  for (const Pass& pass : passes_) {
    for (const Gradient& gradient : pass.gradients) {
      seconds[gradient.parameter].push_back(gradient.moment.seconds_since(pass.begin));
    }
  }
  for (const Gradient& gradient : passes_.back().gradients) {
    medians.push_back({gradient.bytes, median(seconds[gradient.parameter])});
  }
  return medians;
}

}  // namespace dplaunch
