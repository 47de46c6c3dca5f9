#pragma once

#include <optional>
#include <span>
#include <vector>

#include "launcher/model/profile.h"
#include "launcher/model/step_parts.h"

namespace dplaunch {

struct SecondsInterval {
  double low_s = 0;
  double high_s = 0;
};

inline constexpr double kPredictionConfidence = 0.9;

struct StepPrediction {
  int processes = 1;
  StepParts parts;
  double step_s = 0;
  double ideal_s = 0;  ///< the step without any loss: T(1), or T(1) / N of strong scaling
  /// Of step_s, with kPredictionConfidence; none where nothing was measured on more than one
  /// process, because then nothing tells how wrong the model is.
  std::optional<SecondsInterval> interval;
  double images_per_second = 0;  ///< of all processes; 0: unknown
  double communication_s = 0;    ///< of all all-reduces of a step, hidden or not

  double lost_s() const { return step_s - ideal_s; }
  double efficiency() const { return ideal_s / step_s; }
};

/// The step on each of the numbers of processes: the PartsModel's parts, and
///
/// unexplained: what the measured step times lose more than the parts say grows as harmonic(N) - 1,
/// the law of exponential delays (least squares; one parameter). If they lose less, all of the
/// parts' loss is scaled down instead, so that a loss never becomes a gain (LossFit).
///
/// The interval is the widest of the fit's own (Student's t, from two measured numbers of processes
/// above one), and a loss that stays as at the largest of them or grows as N - 1 from there;
/// between measured numbers, the losses on both sides. What repeated measurements and the ranks'
/// times leave open is added by a bootstrap with a fixed seed: the same profile gives the same
/// prediction.
///
/// Throws Error(kUsage) as PartsModel does. Numbers of processes are at least 1.
std::vector<StepPrediction> predict_steps(const Profile& profile, AllReduceAlgorithm algorithm,
                                          std::span<const int> world_sizes);

}  // namespace dplaunch
