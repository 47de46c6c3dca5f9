#pragma once

#include <optional>
#include <vector>

#include "launcher/model/predict_steps.h"
#include "launcher/model/profile.h"
#include "launcher/scale/analysis.h"
#include "launcher/scale/experiment.h"
#include "launcher/scale/model_inputs.h"

namespace dplaunch {

/// What twice as many processes as the most that were measured with a batch each would do.
struct NextPrediction {
  StepPrediction step;
  double null_step_s = 0;  ///< of who knows nothing: as at the most that were measured
  /// Of the whole model, with the gradients' buckets, their all-reduce and the ranks' times; else
  /// of the step times alone.
  bool is_of_parts = false;
};

/// What an experiment measured, for a prediction of the trainer with a batch each: the parts as far
/// as they were. nullopt without one process and more, and for a user's command.
std::optional<Profile> profile_of(const Experiment& experiment,
                                  const std::vector<RunRecord>& records, const ModelInputs& inputs);

/// If each process gets what one has here: as predict_steps() has it from the measured step times,
/// their share of evaluations and checkpoints included, and the parts as far as they were measured.
/// nullopt without such a point, and for a user's command.
std::optional<NextPrediction> predict_next(const Experiment& experiment,
                                           const std::vector<RunRecord>& records,
                                           const ModelInputs& inputs);

}  // namespace dplaunch
