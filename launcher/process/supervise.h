#pragma once

#include <ostream>

#include "launcher/hosts/host_channel.h"
#include "launcher/plan/launch_plan.h"

namespace dplaunch {

/// Starts the ranks of `plan`, shows their output on `out`, and returns when no process of theirs
/// is left, grandchildren included. The result is the exit code for this process: 0, the code of
/// the rank that failed first (128 + n for one that signal n killed), 128 + n if this process was
/// ended by SIGINT, SIGTERM, SIGHUP or SIGQUIT, or 75 if it was by the preempt signal. A failure is
/// reported on standard error, and every end in the run folder's summary.json.
///
/// When a rank fails, the others are ended: SIGTERM and, after the plan's grace, SIGKILL.
/// dplaunch's own workers are killed at once then, as they can only wait for the one that is gone.
/// A first signal asks all ranks to stop and gives them the grace for it, a second SIGINT or
/// SIGQUIT kills them. What ranks leave behind when they end has a moment to end as well, is asked
/// by SIGTERM and then killed; a rank that has become another user's is left. Those of SIGINT,
/// SIGHUP and SIGQUIT that are ignored stay so. SIGTSTP, SIGCONT, SIGUSR1 and SIGUSR2 are passed
/// on.
///
/// A failed job is started anew as often as the plan allows, on a fresh rendezvous.
///
/// All of standard error and the chosen ranks' standard output are shown; the log files in the run
/// folder, which is made if it is not there, hold all that each rank wrote. The status board and
/// the paths of the error records are provided there too, records of an earlier run are removed.
///
/// Call it on the main thread (the workers die with the thread that started them), and not twice
/// at once in one process. Throws Error if the run folder cannot be written (kStorage), the
/// rendezvous socket not be bound (kRendezvous), or a worker not be run (kNotFound,
/// kNotExecutable); nothing is left running then.
/// `channel`: to the launchers of the job's other hosts; nullptr: there are none. All hosts start
/// their ranks together, stop together, and return the same for the same cause.
int supervise(const LaunchPlan& plan, std::ostream& out, HostChannel* channel = nullptr);

/// The same, with the ranks' standard error and the launcher's own words on `err`: for a command,
/// whose output may be wanted alone.
int supervise(const LaunchPlan& plan, std::ostream& out, std::ostream& err,
              HostChannel* channel = nullptr);

}  // namespace dplaunch
