#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "launcher/affinity/cpu_binding.h"
#include "launcher/devices/select_devices.h"
#include "launcher/plan/launch_plan.h"

namespace dplaunch {

/// Everything that a plan follows from.
struct PlanInputs {
  DeviceSelection devices;
  std::optional<RunFolder> run_folder;  ///< nullopt: nothing is kept
  std::string start_id = {};            ///< see LaunchPlan
  std::vector<std::string> argv = {};   ///< the same for all ranks; argv[0] is an executable's path
  bool is_own_worker = true;
  bool append_logs = false;  ///< the run folder is an older one
  int attempt = 1;           ///< the number of this start among those of the run
  /// Data-loading threads of the whole job, shared out to the ranks; 0 for a command, which gets no
  /// such variable.
  std::int64_t workers = 0;
  /// Each rank sees its own GPU only, and a command's LOCAL_RANK is 0, as with torchrun's
  /// --virtual-local-rank. Otherwise it sees all of them, for scripts that use cuda:LOCAL_RANK.
  bool isolate_devices = true;
  int usable_cores = 1;
  JobBinding binding = {};  ///< of every rank; without ranks, none is bound
  /// Of the environment that the ranks inherit: what the user set there is kept, but for the mask
  /// of the GPUs and the rank's own variables.
  VariableLookup inherited = [](const std::string&) { return std::optional<std::string>(); };
  Hosts hosts = {};
  SupervisionOptions supervision = {};
};

/// Which of the cores that this process may use each rank of the selection runs on. No other thread
/// may run meanwhile.
JobBinding bind_devices(const DeviceSelection& devices, Bind bind, int usable_cores);

/// One rank per process of the selection. Each gets as many threads as its share of the cores, for
/// computing and, if it wants as many, for loading data; what had to be lowered is in the plan's
/// notes. Throws Error(kUsage) for a rank to be shown that does not exist.
LaunchPlan make_plan(const PlanInputs& inputs);

}  // namespace dplaunch
