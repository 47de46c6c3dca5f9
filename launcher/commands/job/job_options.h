#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "launcher/commands/job/host_options.h"
#include "launcher/commands/job/launch_options.h"

namespace dplaunch {

/// Values of the main command's options as they are written, before they are checked.
struct RawJobOptions {
  std::string config_file;
  std::vector<std::string> assignments;
  std::string root;
  std::string name;
  std::string log_dir;
  std::string shown_ranks;
  RawHostOptions hosts;
  std::string bind;
  std::string if_busy;
  std::string preempt_signal;
  std::string on_stall;
  std::string metrics_port;
  std::string stdin_for;
  std::string trace_steps;
  double grace_s = 10;
  double stall_timeout_s = 0;
  bool standalone = false;
};

/// Declares the main command's options.
void add_job_options(CLI::App& app, LaunchOptions& launch, RawJobOptions& raw);

/// Checks the raw values and moves them to where they belong. `launch.command` must be set already.
/// Throws Error(kUsage).
void settle_job_options(LaunchOptions& launch, const RawJobOptions& raw, const CLI::App& app);

}  // namespace dplaunch
