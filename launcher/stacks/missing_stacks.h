#pragma once

#include <string>
#include <vector>

#include "launcher/stacks/stack.h"

namespace dplaunch {

/// Lines for the user: of which ranks there are no frames, or worse ones than there might be, why,
/// and what to do about it.
std::vector<std::string> missing_stacks(const std::vector<RankStack>& stacks);

/// What to do where this machine keeps processes from looking into each other: `scope` is
/// kernel.yama.ptrace_scope, 0 where there is none; `is_root` says who this process is.
std::string how_to_trace(int scope, bool is_root);

}  // namespace dplaunch
