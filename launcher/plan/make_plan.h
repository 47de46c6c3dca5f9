#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include "common/config/config.h"
#include "launcher/affinity/cpu_binding.h"
#include "launcher/devices/select_devices.h"
#include "launcher/plan/launch_plan.h"

namespace dplaunch {

/// Everything that a plan follows from.
struct PlanInputs {
  DeviceSelection devices;
  Config config;
  RunFolder run_folder;
  bool append_logs = false;      ///< the run folder is an older one
  bool from_checkpoint = false;  ///< the workers are told to resume
  std::filesystem::path worker = {};
  int usable_cores = 1;
  JobBinding binding = {};  ///< of every rank; without ranks, none is bound
  std::optional<std::string> user_omp_num_threads = {};  ///< OMP_NUM_THREADS, if the user set it
  std::chrono::milliseconds grace{10000};
};

/// One rank per device. Each gets as many threads as its share of the cores, for computing and, if
/// it wants as many, for loading data; what had to be lowered is in the plan's notes.
LaunchPlan make_plan(const PlanInputs& inputs);

}  // namespace dplaunch
