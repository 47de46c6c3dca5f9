#pragma once

#include <ctime>
#include <string>
#include <vector>

#include "common/config/config.h"
#include "launcher/plan/launch_plan.h"

namespace dplaunch {

/// What launch.json says besides the plan.
struct LaunchRecord {
  std::vector<std::string> command_line;  ///< of dplaunch itself
  std::string driver_version;             ///< empty without an NVIDIA driver
  int usable_cores = 1;
  std::time_t started = 0;
};

/// Writes config.resolved.yml, which dplaunch's own workers read. Throws Error(kStorage).
void write_config(const RunFolder& folder, const Config& config);

/// Writes launch.json into the plan's run folder. Throws Error(kStorage).
void write_launch_record(const LaunchPlan& plan, const LaunchRecord& record);

}  // namespace dplaunch
