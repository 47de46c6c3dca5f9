#pragma once

#include <sys/types.h>

#include <string_view>

#include "common/run_folder.h"
#include "launcher/stacks/stack.h"

namespace dplaunch {

/// Whether the process is one of dplaunch's own workers that writes its stack when asked: one that
/// has a handler for the signal, is not suspended, and is not in the rendezvous, where c10d would
/// take an interrupted wait for a failed connection.
bool answers_for_itself(const RunFolder& folder, int local_rank, pid_t pid);

/// Asks it for the stack of its main thread, and waits for that for a moment.
TakenFrames ask_trainer(const RunFolder& folder, int rank, pid_t pid);

/// The frames in what a worker wrote, which may be anything.
TakenFrames parse_trainer_stack(std::string_view text);

}  // namespace dplaunch
