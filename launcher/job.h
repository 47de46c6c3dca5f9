#pragma once

#include <ctime>

#include "launcher/affinity/bind.h"
#include "launcher/command_line.h"
#include "launcher/devices/select_devices.h"
#include "launcher/plan/choose_run.h"
#include "launcher/plan/find_worker.h"
#include "launcher/plan/launch_plan.h"

namespace dplaunch {

/// The user's wish, resolved against this machine. Nothing has been written or started.
struct Job {
  ChosenRun run;
  MachineDevices machine;
  DeviceSelection devices;
  WorkerExecutable worker;
  Bind bind = kDefaultBind;
  std::chrono::milliseconds grace{};
  std::time_t started = 0;
};

/// Resolves the run that was chosen against this machine's devices. Throws Error.
Job resolve_job(const LaunchOptions& options, ChosenRun run);

/// The plan of the job in that folder.
LaunchPlan plan_job(const Job& job, const RunFolder& folder);

/// Prints what would be started and writes nothing. A data set or a worker that is not there yet is
/// a warning, because a plan is often wanted before them. Returns the exit code.
int dry_run(const Job& job, std::ostream& out);

}  // namespace dplaunch
