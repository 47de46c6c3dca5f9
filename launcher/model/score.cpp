#include "launcher/model/score.h"

#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

#include "launcher/statistics/median_interval.h"

namespace dplaunch {

std::optional<PredictionScore> score_held_out(const Profile& profile,
                                              AllReduceAlgorithm algorithm) {
  if (profile.measured.size() < 3 || profile.measured.front().processes != 1) return {};
  const MeasuredSteps held_out = profile.measured.back();
  Profile known = profile;
  known.measured.pop_back();
  std::erase_if(known.curves,
                [&](const CommCurve& curve) { return curve.processes >= held_out.processes; });
  if (known.rank_work_s.size() >= static_cast<std::size_t>(held_out.processes)) {
    known.rank_work_s.clear();
  }
  if (known.curves.empty() && !known.network && !known.buckets.empty()) return {};
  const MeasuredSteps& before = known.measured.back();
  const std::array sizes = {before.processes, held_out.processes};
  const std::vector<StepPrediction> predictions = predict_steps(known, algorithm, sizes);
  const StepPrediction& prediction = predictions.back();

  const double step_s = median(held_out.step_s);
  const double lost_s = step_s - prediction.ideal_s;
  const double null_lost_s = median(before.step_s) - predictions.front().ideal_s;
  PredictionScore score;
  score.processes = held_out.processes;
  score.before = before.processes;
  score.step_error = std::abs(prediction.step_s - step_s) / step_s;
  score.null_step_error = std::abs(prediction.ideal_s + null_lost_s - step_s) / step_s;
  score.lost_error = std::abs(prediction.lost_s() - lost_s) / std::abs(lost_s);
  score.null_lost_error = std::abs(null_lost_s - lost_s) / std::abs(lost_s);
  if (prediction.interval) {
    score.is_in_interval =
        prediction.interval->low_s <= step_s && step_s <= prediction.interval->high_s;
  }
  return score;
}

}  // namespace dplaunch
