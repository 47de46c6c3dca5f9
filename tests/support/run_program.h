#pragma once

#include <sys/wait.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

#include "tests/support/temporary_folder.h"

namespace dplaunch::testing {

struct ShellResult {
  int exit_code = -1;  ///< 128 + signal if a signal ended it
  std::string out;
  std::string err;
};

/// Runs a shell command line in `folder` and waits for its end.
inline ShellResult run_in(const std::filesystem::path& folder, const std::string& command) {
  const TemporaryFolder scratch;
  const std::string error_file = (scratch / "stderr").string();
  const std::string line =
      "cd '" + folder.string() + "' && { " + command + "; } 2> '" + error_file + "'";
  std::FILE* pipe = ::popen(line.c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("popen failed");
  ShellResult result;
  char buffer[4096];
  for (std::size_t n = 0; (n = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) {
    result.out.append(buffer, n);
  }
  const int status = ::pclose(pipe);
  result.exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  std::ifstream errors(error_file);
  result.err.assign(std::istreambuf_iterator<char>(errors), {});
  return result;
}

/// Runs dplaunch with these arguments; `environment` is "NAME=value ..." in front of it.
inline ShellResult run_dplaunch(const std::filesystem::path& folder, const std::string& arguments,
                                const std::string& environment = "") {
  return run_in(folder, "env " + environment + " " + DPLAUNCH_EXECUTABLE + " " + arguments);
}

}  // namespace dplaunch::testing
