#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace dplaunch::doctor {

struct BriefRun {
  std::string output;   ///< standard output and error together, at most 64 KiB
  std::string problem;  ///< why it is no success: not started, its exit code, too slow; else empty
};

/// Runs a program, without a shell, with `environment` ("NAME=value") and no input. It is killed
/// once it takes longer than `timeout`. Never throws.
BriefRun run_briefly(const std::vector<std::string>& argv,
                     const std::vector<std::string>& environment,
                     std::chrono::milliseconds timeout);

}  // namespace dplaunch::doctor
