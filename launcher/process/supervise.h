#pragma once

#include <ostream>

#include "launcher/plan/launch_plan.h"

namespace dplaunch {

/// Starts the ranks of `plan`, shows their output on `out`, and returns when no process of theirs
/// is left, grandchildren included. The result is the exit code for this process: 0, the code of
/// the rank that failed first (128 + n for one that signal n killed), or 128 + n if this process
/// was ended by SIGINT, SIGTERM or SIGHUP. A failure is reported on standard error.
///
/// When a rank fails, or at the first signal, all ranks get SIGTERM and, after `plan.grace`,
/// SIGKILL; at a second signal SIGKILL comes at once. A SIGHUP that is ignored stays so.
///
/// All of standard error and rank 0's standard output are shown; the log files in the run folder,
/// which is made if it is not there, hold all that each rank wrote. The status board and the paths
/// of the error records are provided there too, records of an earlier run are removed.
///
/// Call it on the main thread (the workers die with the thread that started them), and not twice
/// at once in one process. Throws Error if the run folder cannot be written (kStorage), the
/// rendezvous socket not be bound (kRendezvous), or a worker not be run (kNotFound,
/// kNotExecutable); nothing is left running then.
int supervise(const LaunchPlan& plan, std::ostream& out);

}  // namespace dplaunch
