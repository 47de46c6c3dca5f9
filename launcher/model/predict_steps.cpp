#include "launcher/model/predict_steps.h"

#include <algorithm>

#include "launcher/model/bootstrap.h"
#include "launcher/model/loss_fit.h"
#include "launcher/statistics/median_interval.h"

namespace dplaunch {
namespace {

LossFit fit_losses(const Profile& profile, const PartsModel& model) {
  std::vector<LossPoint> points;
  for (const MeasuredSteps& steps : profile.measured) {
    if (steps.processes == 1) continue;
    points.push_back({steps.processes, median(steps.step_s) - model.ideal_s(steps.processes),
                      model.lost_s(steps.processes)});
  }
  return LossFit(std::move(points));
}

double step_s(const PartsModel& model, const LossFit& fit, int processes) {
  if (processes == 1) return model.ideal_s(1);
  return model.ideal_s(processes) + fit.lost_s(processes, model.lost_s(processes));
}

std::vector<double> steps_of(const Profile& profile, AllReduceAlgorithm algorithm,
                             std::span<const int> world_sizes) {
  const PartsModel model(profile, algorithm);
  const LossFit fit = fit_losses(profile, model);
  std::vector<double> steps;
  for (const int processes : world_sizes) steps.push_back(step_s(model, fit, processes));
  return steps;
}

StepPrediction predict(const Profile& profile, const PartsModel& model, const LossFit& fit,
                       int processes) {
  StepPrediction prediction;
  prediction.processes = processes;
  prediction.parts = model.of(processes);
  prediction.ideal_s = model.ideal_s(processes);
  prediction.step_s = step_s(model, fit, processes);
  prediction.parts.unexplained_s = prediction.step_s - prediction.parts.total();
  prediction.communication_s = model.replay(processes).communication_s;
  const double groups = profile.mode == ScalingMode::kStrong ? 1 : processes;
  prediction.images_per_second = profile.images_per_step.value * groups / prediction.step_s;
  return prediction;
}

void add_intervals(std::vector<StepPrediction>& predictions, const PartsModel& model,
                   const LossFit& fit, const std::vector<SecondsInterval>& noise) {
  for (std::size_t i = 0; i < predictions.size(); ++i) {
    StepPrediction& prediction = predictions[i];
    if (prediction.processes == 1) continue;
    const LossFit::Bounds bounds =
        fit.bounds_s(prediction.processes, model.lost_s(prediction.processes));
    SecondsInterval interval{prediction.ideal_s + bounds.low_s, prediction.ideal_s + bounds.high_s};
    if (!noise.empty()) {
      interval.low_s -= std::max(0.0, prediction.step_s - noise[i].low_s);
      interval.high_s += std::max(0.0, noise[i].high_s - prediction.step_s);
    }
    interval.low_s = std::max(0.0, interval.low_s);
    prediction.interval = interval;
  }
}

}  // namespace

std::vector<StepPrediction> predict_steps(const Profile& profile, AllReduceAlgorithm algorithm,
                                          std::span<const int> world_sizes) {
  const PartsModel model(profile, algorithm);
  const LossFit fit = fit_losses(profile, model);
  std::vector<StepPrediction> predictions;
  for (const int processes : world_sizes) {
    predictions.push_back(predict(profile, model, fit, processes));
  }
  if (profile.measured.empty() || profile.measured.back().processes == 1) return predictions;
  const std::vector<SecondsInterval> noise =
      bootstrap(profile, kPredictionConfidence,
                [&](const Profile& drawn) { return steps_of(drawn, algorithm, world_sizes); });
  add_intervals(predictions, model, fit, noise);
  return predictions;
}

}  // namespace dplaunch
