#pragma once

#include "launcher/commands/report/reported_run.h"
#include "launcher/page/page.h"

namespace dplaunch {

/// How long each training step took, of runs with `step_times: true`: a line for each rank of one
/// run, of many ranks and of several runs the slowest rank's. Nothing where no step was written
/// down.
void add_step_chart(Page& page, const ReportedRuns& runs);

}  // namespace dplaunch
