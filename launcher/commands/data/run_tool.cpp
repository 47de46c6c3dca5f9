#include "launcher/commands/data/run_tool.h"

#include <fmt/core.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "base/error.h"

namespace dplaunch {
namespace {

void throw_if_not_started(const std::string& tool, int error_number) {
  if (error_number == 0) return;
  if (error_number == ENOENT) {
    throw Error(ExitCode::kNotFound, tool + ": not found on PATH; dplaunch data runs it",
                "install it (Debian, Ubuntu: apt-get install curl tar gzip coreutils)");
  }
  throw system_error(ExitCode::kNotExecutable, "run " + tool, error_number);
}

void throw_if_killed(const std::string& tool, int signal) {
  if (signal == 0) return;
  if (signal == SIGINT) throw Error(ExitCode::kInterrupted, "interrupted during " + tool);
  if (signal == SIGTERM) throw Error(ExitCode::kTerminated, "terminated during " + tool);
  throw Error(ExitCode::kFailure,
              fmt::format("{} was killed by signal {} ({})", tool, signal, ::strsignal(signal)));
}

}  // namespace

ToolResult run_tool(const std::vector<std::string>& argv, const ProgramOptions& options) {
  ProgramResult result = run_program(argv, options);
  throw_if_not_started(argv.front(), result.start_error);
  throw_if_killed(argv.front(), result.signal);
  return {result.exit_code, std::move(result.output)};
}

}  // namespace dplaunch
