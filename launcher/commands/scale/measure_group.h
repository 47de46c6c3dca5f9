#pragma once

#include "launcher/scale/experiment.h"
#include "launcher/scale/run_record.h"

namespace dplaunch {

/// Whether the experiment has a group whose all-reduce can be measured by itself.
bool has_group(const Experiment& experiment);

/// Measures what the all-reduce of the experiment's largest group takes by itself, in the sizes of
/// the training's buckets and others up to the gradient of `run`, that of the most processes in
/// this block, which has figures, and writes Experiment::group_file(). Takes some two to six
/// seconds. On the main thread. A signal that the user sends ends it. Throws Error, as
/// refuse_to_go_on() does.
void measure_group(const Experiment& experiment, const RunRecord& run);

}  // namespace dplaunch
