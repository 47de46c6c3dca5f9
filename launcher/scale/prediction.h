#pragma once

#include <optional>
#include <vector>

#include "launcher/model/predict_steps.h"
#include "launcher/scale/analysis.h"

namespace dplaunch {

/// What twice as many processes as the most that were measured with a batch each would do, if each
/// gets what a process has here: as predict_steps() has it from the measured step times. By the
/// time with its share of evaluations and checkpoints. nullopt without such a point, and for a
/// user's command.
std::optional<StepPrediction> predict_next(const std::vector<Point>& points,
                                           const std::vector<RunRecord>& records);

}  // namespace dplaunch
