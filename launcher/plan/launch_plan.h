#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/rank_environment.h"
#include "common/run_folder.h"
#include "launcher/affinity/cpu_binding.h"
#include "launcher/devices/gpu.h"

namespace dplaunch {

/// One worker process to be: everything that `--dry-run` prints of it.
struct RankPlan {
  RankEnvironment environment;     ///< master_port and the descriptors are filled in at the start
  EnvironmentVariables variables;  ///< CUDA_VISIBLE_DEVICES, OMP_NUM_THREADS, ...: set or replaced
  std::optional<Gpu> gpu;          ///< nullopt on the CPU
  CpuBinding cores;                ///< bound to before its program starts
  std::vector<std::string> argv;   ///< argv[0] is the path of an existing executable
};

/// All workers of one job on this host.
struct LaunchPlan {
  std::vector<RankPlan> ranks;
  /// Where rank-N.log, error records and the status board go; nullopt: nothing is written.
  std::optional<RunFolder> run_folder;
  bool append_logs = false;  ///< a resumed run goes on in its own logs
  /// Between the polite SIGTERM and SIGKILL, on every path on which workers are ended.
  std::chrono::milliseconds grace{10000};
  std::vector<std::string> notes;  ///< worth telling before the start: a busy GPU, fewer threads
};

}  // namespace dplaunch
