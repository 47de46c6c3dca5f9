#pragma once

#include "launcher/commands/scale/scale.h"
#include "launcher/scale/experiment.h"

namespace dplaunch {

/// What the options ask for on this machine, checked as far as can be before anything is started.
/// Throws Error.
Experiment settle_experiment(const ScaleOptions& options);

}  // namespace dplaunch
