#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace dplaunch {

/// The path of a program in PATH; empty: it is not there.
std::string program_in_path(const std::string& name);

/// Whether the process is this process's user's own: what lies beside its program may be run.
bool is_own_process(pid_t pid);

/// What a tool printed on both its streams.
struct ToolOutput {
  std::string text;
  std::string problem;  ///< why it failed, in its own last words; empty: it did not
};

/// Runs a tool that looks into process `pid` and may pause it meanwhile; it has some seconds. The
/// process goes on also after a tool that had to be ended. Thread-safe.
ToolOutput run_stack_tool(const std::vector<std::string>& words, pid_t pid);

}  // namespace dplaunch
