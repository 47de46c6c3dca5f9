#include "launcher/scale/prediction.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

#include "launcher/scale/overlap_gain.h"

namespace dplaunch {
namespace {

std::vector<double> seconds_of(const std::vector<RunRecord>& records, const Point& point) {
  std::vector<double> seconds;
  for (const RunRecord* run : measured_runs(records, point.name)) {
    if (!run->figures) return {};
    seconds.push_back(run->figures->whole_seconds());
  }
  return seconds;
}

template <typename Value>
Quantity median_of(const std::vector<const RunRecord*>& runs, const Value& value) {
  std::vector<double> values;
  for (const RunRecord* run : runs) values.push_back(value(*run->figures));
  return {median(std::move(values)), Origin::kMeasured};
}

void add_parts(const std::vector<const RunRecord*>& alone, Profile& profile) {
  const auto part = [&](StepPart which) {
    return median_of(alone, [which](const RunFigures& figures) {
      return part_of(figures.ranks.front(), which);
    });
  };
  profile.forward_s = part(StepPart::kForward);
  profile.backward_s = part(StepPart::kBackward);
  profile.update_s = part(StepPart::kUpdate);
  profile.input_wait_s = part(StepPart::kData);
  profile.evaluation_s =
      median_of(alone, [](const RunFigures& figures) { return figures.evaluation_seconds; });
  profile.checkpoint_s =
      median_of(alone, [](const RunFigures& figures) { return figures.checkpoint_seconds; });
}

/// Medians over the blocks, gradient by gradient.
std::vector<Bucket> gradients_of(const std::vector<const RunRecord*>& runs,
                                 const ModelInputs& inputs) {
  std::vector<std::vector<double>> ready_s;
  std::vector<Bucket> gradients;
  for (const RunRecord* run : runs) {
    const auto found = inputs.gradients.find(run->run);
    if (found == inputs.gradients.end()) continue;
    if (gradients.empty()) gradients = found->second;
    if (found->second.size() != gradients.size()) continue;
    ready_s.resize(gradients.size());
    for (std::size_t i = 0; i < gradients.size(); ++i) {
      ready_s[i].push_back(found->second[i].ready_s);
    }
  }
  for (std::size_t i = 0; i < gradients.size(); ++i) gradients[i].ready_s = median(ready_s[i]);
  return gradients;
}

/// Medians over the blocks, size by size.
CommCurve median_curve(const ModelInputs& inputs, bool is_compressed) {
  CommCurve curve;
  std::map<double, std::vector<double>> seconds;
  for (const auto& [block, cost] : inputs.group_cost) {
    const CommCurve& measured = is_compressed ? cost.bf16 : cost.fp32;
    curve.processes = measured.processes;
    for (const CommPoint& point : measured.points) seconds[point.bytes].push_back(point.seconds);
  }
  for (auto& [bytes, times] : seconds) curve.points.push_back({bytes, median(std::move(times))});
  return curve;
}

/// False where they were not measured.
bool add_exchange(const Experiment& experiment, const std::vector<const RunRecord*>& alone,
                  const ModelInputs& inputs, Profile& profile) {
  const Exchange exchange{experiment.config.bucket_mb * kMegabyteBytes,
                          experiment.config.compress == "bf16"};
  std::vector<Bucket> gradients = gradients_of(alone, inputs);
  CommCurve curve = median_curve(inputs, exchange.is_compressed);
  if (gradients.empty() || curve.points.empty()) return false;
  add_parts(alone, profile);
  // The parts are means over the steps, these times medians: the last gradient ends backward.
  const double stretch = profile.backward_s.value / gradients.back().ready_s;
  for (Bucket& gradient : gradients) gradient.ready_s *= stretch;
  profile.buckets = travelling_buckets(gradients, exchange);
  profile.buckets_origin = profile.gradient_origin = profile.ready_origin = Origin::kMeasured;
  profile.curves.push_back(std::move(curve));
  return true;
}

double mean_of(const std::vector<std::vector<double>>& ranks) {
  double sum = 0;
  double count = 0;
  for (const std::vector<double>& steps : ranks) {
    sum = std::accumulate(steps.begin(), steps.end(), sum);
    count += static_cast<double>(steps.size());
  }
  return sum / count;
}

/// Of all runs as if each had their mean: a machine that drifts from run to run is no straggler.
std::vector<std::vector<double>> rank_work_of(const std::vector<const RunRecord*>& runs,
                                              const ModelInputs& inputs) {
  std::vector<std::vector<double>> all;
  double sum_of_means = 0;
  double count = 0;
  for (const RunRecord* run : runs) {
    const auto found = inputs.rank_work.find(run->run);
    if (found == inputs.rank_work.end() || found->second.empty()) continue;
    const double mean = mean_of(found->second);
    sum_of_means += mean;
    ++count;
    for (std::vector<double> steps : found->second) {
      for (double& seconds : steps) seconds /= mean;
      all.push_back(std::move(steps));
    }
  }
  for (std::vector<double>& steps : all) {
    for (double& seconds : steps) seconds *= sum_of_means / count;
  }
  return all;
}

}  // namespace

std::optional<Profile> profile_of(const Experiment& experiment,
                                  const std::vector<RunRecord>& records,
                                  const ModelInputs& inputs) {
  std::map<int, std::vector<double>> seconds_by_processes;
  const Point* largest = nullptr;
  for (const Point& point : experiment.points) {
    if (point.kind != PointKind::kBaseline && point.kind != PointKind::kWeak) continue;
    std::vector<double> seconds = seconds_of(records, point);
    if (seconds.empty()) continue;
    seconds_by_processes[point.processes] = std::move(seconds);
    if (largest == nullptr || point.processes > largest->processes) largest = &point;
  }
  if (seconds_by_processes.size() < 2 || !seconds_by_processes.contains(1)) return std::nullopt;
  Profile profile;
  profile.source = fmt::format("dplaunch scale {}", experiment.folder.filename().string());
  profile.images_per_step = {static_cast<double>(experiment.config.bsize), Origin::kGiven};
  for (auto& [processes, seconds] : seconds_by_processes) {
    profile.measured.push_back({processes, std::move(seconds)});
  }
  const std::vector<const RunRecord*> alone = measured_runs(records, experiment.baseline().name);
  if (add_exchange(experiment, alone, inputs, profile)) {
    profile.rank_work_s = rank_work_of(measured_runs(records, largest->name), inputs);
  }
  return profile;
}

std::optional<NextPrediction> predict_next(const Experiment& experiment,
                                           const std::vector<RunRecord>& records,
                                           const ModelInputs& inputs) {
  const std::optional<Profile> profile = profile_of(experiment, records, inputs);
  if (!profile) return std::nullopt;
  NextPrediction prediction;
  prediction.null_step_s = median(profile->measured.back().step_s);
  prediction.is_of_parts = !profile->buckets.empty();
  const std::vector next = {2 * largest_measured(*profile)};
  prediction.step = predict_steps(*profile, AllReduceAlgorithm::kAuto, next).front();
  return prediction;
}

}  // namespace dplaunch
