#pragma once

#include <cstdint>
#include <vector>

#include "common/step_times_file.h"

namespace dplaunch {

/// What a run of the trainer took once it was warm, from the step times of its ranks. All times are
/// means over the steady steps.
struct RunFigures {
  std::size_t steps = 0;         ///< steady ones
  std::size_t warmup_steps = 0;  ///< that were left out before them
  double step_seconds = 0;       ///< of each step the slowest rank's
  std::vector<PartSeconds> ranks;
  double own_seconds = 0;      ///< without waiting for others: mean over the ranks
  double max_own_seconds = 0;  ///< of each step the slowest rank's
  double compute_seconds = 0;  ///< forward, backward and update: mean over the ranks
  /// Of an evaluation, as a share of the steps between two; 0 if there is none.
  double evaluation_seconds = 0;
  /// Of waiting for a checkpoint, which is written beside the training: the same share.
  double checkpoint_seconds = 0;

  /// What lies between the steps, for each of them.
  double pause_seconds() const { return evaluation_seconds + checkpoint_seconds; }
  /// From step to step, with what lies between them.
  double whole_seconds() const { return step_seconds + pause_seconds(); }
};

/// Of the ranks' steps, each list in the order of the steps; the ranks may have lost their last
/// rows. Without a step that all have, all is 0.
RunFigures run_figures(const std::vector<std::vector<StepTimes>>& ranks);

}  // namespace dplaunch
