#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "launcher/stacks/stack.h"

namespace dplaunch {

/// The path of a program in PATH; empty: it is not there.
std::string program_in_path(const std::string& name);

/// What a tool printed on both its streams.
struct ToolOutput {
  std::string text;
  std::string problem;  ///< why it failed, in its own last words; empty: it did not
};

/// Runs a tool that looks into process `pid` and may pause it meanwhile; it has some seconds. The
/// process goes on also after a tool that had to be ended. Thread-safe.
ToolOutput run_stack_tool(const std::vector<std::string>& words, pid_t pid);

/// What was read out of its output, or why there is nothing.
TakenFrames frames_of(const ToolOutput& output, TakenFrames parsed);

}  // namespace dplaunch
