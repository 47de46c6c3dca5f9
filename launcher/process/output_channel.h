#pragma once

#include "base/files/unique_fd.h"

namespace dplaunch {

/// The two ends of what a rank writes, both closed on exec.
struct OutputChannel {
  UniqueFd launcher_end;
  UniqueFd worker_end;
};

/// Throws Error(kFailure).
OutputChannel make_pipe();

/// A pseudo-terminal, for programs that hold their output back unless they write to a terminal. It
/// passes every byte as it is, and is nobody's controlling terminal. Throws Error(kFailure).
OutputChannel make_pseudo_terminal();

}  // namespace dplaunch
