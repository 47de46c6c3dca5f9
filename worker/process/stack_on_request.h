#pragma once

#include "common/rank_environment.h"

namespace dplaunch {

/// From now on stack_signal() makes this process print the stack of its main thread to standard
/// error, or write it to its file in the run's folder, and go on: the launcher asks for it when the
/// process hangs, a user when he likes. Call it on the main thread.
void print_stack_on_request(const RankEnvironment& environment);

}  // namespace dplaunch
