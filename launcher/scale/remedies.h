#pragma once

#include <vector>

#include "launcher/scale/efficiency.h"
#include "launcher/scale/experiment.h"
#include "launcher/scale/gain.h"
#include "launcher/scale/model_inputs.h"

namespace dplaunch {

/// What can be changed against what a point loses by one factor, with what that is predicted to
/// gain there: against the all-reduce `compress` and the best other `bucket_mb`, against waiting
/// for batches more `workers`, against evaluations and
/// checkpoints half of them. Empty where no key helps, or where
/// nothing was measured to predict it from.
std::vector<Remedy> remedies_of(Factor factor, const Experiment& experiment, const Point& point,
                                const std::vector<RunRecord>& records, const ModelInputs& inputs);

}  // namespace dplaunch
