#pragma once

#include <signal.h>

#include <filesystem>
#include <string>

#include "common/run_folder.h"

namespace dplaunch {

/// At this signal dplaunch's own workers print the stack of their main thread to standard error and
/// go on; at one that was queued with kStackToFile (sigqueue(3)) they write it to
/// stack_file() instead. A real-time signal: the ordinary ones belong to users and libraries.
inline int stack_signal() {
  constexpr int kOffset = 6;
  return SIGRTMIN + kOffset;
}

inline constexpr int kStackToFile = 1;

/// Where the main thread of a rank was when it was last asked so: its frames, a line each, as they
/// are printed to the log.
inline std::filesystem::path stack_file(const RunFolder& folder, int rank) {
  return folder.root() / ("stack-" + std::to_string(rank) + ".txt");
}
/// What `dplaunch stacks --save` showed last, also by itself when a rank hangs.
inline std::filesystem::path stacks_file(const RunFolder& folder) {
  return folder.root() / "stacks.txt";
}

}  // namespace dplaunch
