#pragma once

#include "launcher/commands/report/reported_run.h"
#include "launcher/page/page.h"

namespace dplaunch {

/// The figures that stand out of one run.
void add_result_tiles(Page& page, const WholeRun& run);
/// A row a run, and the keys of the configuration in which they differ.
void add_run_tables(Page& page, const ReportedRuns& runs);
/// The section "What was run": command, machine, devices, versions, configuration.
void add_facts(Page& page, const ReportedRuns& runs);
/// How it ended, in a line: "finished after 4:11", or why that is not known.
std::string state_line(const WholeRun& run);

}  // namespace dplaunch
