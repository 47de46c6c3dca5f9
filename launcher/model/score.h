#pragma once

#include <optional>

#include "launcher/model/predict_steps.h"

namespace dplaunch {

/// How good a prediction was, beside that of somebody who knows nothing: "nothing more is lost than
/// on the number of processes before". Errors are relative and not negative.
struct PredictionScore {
  int processes = 0;      ///< predicted, and then measured
  int before = 0;         ///< the number of processes that the null took
  double step_error = 0;  ///< |predicted - measured| / measured step time
  double null_step_error = 0;
  /// Of the lost time, T(N) - T(1) (T(1) / N of strong scaling): what is hard to predict. Infinite
  /// where none was lost.
  double lost_error = 0;
  double null_lost_error = 0;
  std::optional<bool> is_in_interval;  ///< none where there was no interval
};

/// Takes the largest measured number of processes out of the profile (its step times, and curves
/// and ranks' times of as many processes), predicts it from the others, and holds that against the
/// measurement. Nothing where fewer than three numbers of processes, one process among them, were
/// measured, or where what is left says nothing of communication.
/// Throws as predict_steps() does.
std::optional<PredictionScore> score_held_out(const Profile& profile, AllReduceAlgorithm algorithm);

}  // namespace dplaunch
