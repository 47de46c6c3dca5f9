#include "launcher/model/profile.h"

#include <algorithm>

#include "launcher/statistics/median_interval.h"

namespace dplaunch {

std::string_view to_word(ScalingMode mode) {
  return mode == ScalingMode::kWeak ? "weak" : "strong";
}

double sum_of_parts_s(const Profile& profile) {
  return profile.forward_s.value + profile.backward_s.value + profile.update_s.value +
         profile.input_wait_s.value + profile.evaluation_s.value + profile.checkpoint_s.value;
}

double single_process_step_s(const Profile& profile) {
  for (const MeasuredSteps& steps : profile.measured) {
    if (steps.processes == 1) return median(steps.step_s);
  }
  return sum_of_parts_s(profile);
}

int largest_measured(const Profile& profile) {
  int largest = profile.backward_s.origin == Origin::kMeasured ? 1 : 0;
  for (const MeasuredSteps& steps : profile.measured) largest = std::max(largest, steps.processes);
  return largest;
}

}  // namespace dplaunch
