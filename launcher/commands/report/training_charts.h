#pragma once

#include "launcher/commands/report/reported_run.h"
#include "launcher/page/page.h"

namespace dplaunch {

/// The section "Training": losses, accuracies, images/s and learning rate by epoch; of one run
/// training and test in one chart, of several a line for each run. Nothing without metrics.
void add_training_charts(Page& page, const ReportedRuns& runs);

/// The section "Where the time went": shares of a training step's parts and the seconds of an epoch
/// (of several runs the means, weighted by the epochs' training time), and how unequal the ranks
/// were. Nothing without metrics.
void add_time_charts(Page& page, const ReportedRuns& runs);

/// Whether any of them has an epoch's figures.
bool has_metrics(const ReportedRuns& runs);

}  // namespace dplaunch
