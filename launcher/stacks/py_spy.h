#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "launcher/stacks/stack.h"

namespace dplaunch {

/// The py-spy that is to look at a process: that of PATH, or the one beside the process's Python
/// (in its virtual environment), if that process is this user's own. Empty: there is none.
std::string find_py_spy(pid_t pid);

/// The main thread's frames by `py-spy dump`. `is_halted`: the process stands still anyway, and is
/// not paused. `native`: with the frames of extension modules between.
TakenFrames take_by_py_spy(const std::string& py_spy, pid_t pid, bool is_halted, bool native);

/// Those of the main thread of process `pid` in the output of `py-spy dump --json`, which may be
/// anything.
TakenFrames parse_py_spy(std::string_view output, pid_t pid);

}  // namespace dplaunch
