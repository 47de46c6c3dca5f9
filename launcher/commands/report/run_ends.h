#pragma once

#include "launcher/commands/report/reported_run.h"
#include "launcher/page/page.h"

namespace dplaunch {

/// The section "Failures and restarts": starts, restarts, the root cause with its message, how each
/// rank ended, what each wrote of its own failure, and files that could not be read.
void add_ends(Page& page, const ReportedRuns& runs);

/// What a reader has to know before the figures: synthetic data, a failure, a run that goes on.
void add_warnings(Page& page, const ReportedRuns& runs);

}  // namespace dplaunch
