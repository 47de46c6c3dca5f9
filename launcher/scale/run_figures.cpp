#include "launcher/scale/run_figures.h"

#include <algorithm>
#include <limits>

#include "launcher/scale/steady_state.h"

namespace dplaunch {
namespace {

double compute_of(const StepTimes& step) {
  return step.part(StepPart::kForward) + step.part(StepPart::kBackward) +
         step.part(StepPart::kUpdate);
}

/// The rest, the gradients' all-reduce that backward did not hide and the vote at the step's end,
/// is waiting for the slowest.
double own_of(const StepTimes& step) {
  return own_seconds(step.parts);
}

std::size_t common_steps(const std::vector<std::vector<StepTimes>>& ranks) {
  std::size_t count = ranks.empty() ? 0 : std::numeric_limits<std::size_t>::max();
  for (const auto& steps : ranks) count = std::min(count, steps.size());
  return count;
}

template <typename Value>
double slowest(const std::vector<std::vector<StepTimes>>& ranks, std::size_t step,
               const Value& value) {
  double most = 0;
  for (const auto& steps : ranks) most = std::max(most, value(steps[step]));
  return most;
}

}  // namespace

RunFigures run_figures(const std::vector<std::vector<StepTimes>>& ranks) {
  RunFigures figures;
  const std::size_t count = common_steps(ranks);
  const auto whole = [](const StepTimes& step) { return step.seconds; };
  std::vector<double> seconds;
  for (std::size_t step = 0; step < count; ++step) seconds.push_back(slowest(ranks, step, whole));
  figures.warmup_steps = warmup_steps(seconds);
  figures.steps = count - figures.warmup_steps;
  figures.ranks.resize(ranks.size());
  if (figures.steps == 0) return figures;
  const double weight = 1.0 / static_cast<double>(figures.steps);
  const double rank_weight = weight / static_cast<double>(ranks.size());
  for (std::size_t step = figures.warmup_steps; step < count; ++step) {
    figures.step_seconds += weight * seconds[step];
    figures.max_own_seconds += weight * slowest(ranks, step, own_of);
    for (std::size_t rank = 0; rank < ranks.size(); ++rank) {
      const StepTimes& times = ranks[rank][step];
      figures.own_seconds += rank_weight * own_of(times);
      figures.compute_seconds += rank_weight * compute_of(times);
      for (std::size_t part = 0; part < kStepParts; ++part) {
        figures.ranks[rank][part] += weight * times.parts[part];
      }
    }
  }
  return figures;
}

}  // namespace dplaunch
