#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/config/config.h"
#include "common/error_record.h"
#include "common/run_folder.h"
#include "launcher/runs/find_run.h"
#include "launcher/runs/metrics_file.h"
#include "launcher/runs/run_state.h"
#include "launcher/runs/run_summary.h"

namespace dplaunch {

/// All that a run's folder tells, for whoever looks back at it.
struct WholeRun {
  RunFolder folder;
  std::string name;  ///< its folder's; any bytes
  RunKind kind = RunKind::kCommand;
  std::optional<StartRecord> start;  ///< the latest
  std::optional<RunState> state;
  std::optional<Config> config;            ///< of a training
  std::optional<TrainingResult> training;  ///< of one whose latest start came to its end
  EpochRecords metrics;
  std::vector<std::pair<int, ErrorRecord>> errors;  ///< by rank: as each saw its own failure
  std::string stacks;  ///< stacks.txt: where its ranks were when they were last looked at
  std::vector<std::string> problems;  ///< what could not be read, and why: never an exception
};

WholeRun read_whole_run(const RunFolder& folder);

}  // namespace dplaunch
