#pragma once

#include <signal.h>

namespace dplaunch {

/// At this signal dplaunch's own workers print the stack of their main thread to standard error and
/// go on; at one that was queued with kStackToFile (sigqueue(3)) they write it to
/// RunFolder::stack() instead. A real-time signal: the ordinary ones belong to users and libraries.
inline int stack_signal() {
  constexpr int kOffset = 6;
  return SIGRTMIN + kOffset;
}

inline constexpr int kStackToFile = 1;

}  // namespace dplaunch
