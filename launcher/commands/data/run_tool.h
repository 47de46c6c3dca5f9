#pragma once

#include <string>
#include <vector>

#include "base/process/run_program.h"

namespace dplaunch {

struct ToolResult {
  int exit_code = 0;
  std::string output;  ///< its standard output
};

/// Runs a program that is installed beside dplaunch (curl, md5sum, tar) to its end. Standard error
/// stays ours, so its progress is seen. An interrupt ends both.
/// Throws Error(kNotFound) saying how to install it if there is no such program, kInterrupted or
/// kTerminated if SIGINT or SIGTERM ended it, kFailure for another signal.
ToolResult run_tool(const std::vector<std::string>& argv, const ProgramOptions& options = {});

}  // namespace dplaunch
