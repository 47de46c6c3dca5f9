#pragma once

#include "launcher/commands/eval/evaluate_options.h"

namespace dplaunch {

/// Evaluates a checkpoint with dplaunch's own worker on every device, in a temporary folder that
/// goes at the end; only after a failure it stays, for the logs in it. Returns the exit code;
/// throws Error.
int evaluate(const EvaluateOptions& options);

}  // namespace dplaunch
