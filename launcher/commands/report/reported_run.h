#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/step_times_file.h"
#include "launcher/runs/whole_run.h"

namespace dplaunch {

/// The steps of each rank that wrote them down, by its number.
using RankSteps = std::map<int, std::vector<StepTimes>>;

/// A run of a report, and what it is called there.
struct ReportedRun {
  WholeRun run;
  std::string letter;  ///< "A", below a bar; empty for one run alone
  std::string label;   ///< "A baseline"; of one run alone its name
  std::string curve;   ///< the same in a chart's legend, which has no room for long names
  RankSteps steps = {};
};

using ReportedRuns = std::vector<ReportedRun>;

}  // namespace dplaunch
