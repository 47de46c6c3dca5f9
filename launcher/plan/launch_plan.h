#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/rank_environment.h"
#include "common/run_folder.h"
#include "launcher/affinity/cpu_binding.h"
#include "launcher/devices/gpu.h"
#include "launcher/plan/supervision_options.h"

namespace dplaunch {

/// One worker process to be: everything that `--dry-run` prints of it.
struct RankPlan {
  RankEnvironment environment;     ///< master_port and the descriptors are filled in at the start
  EnvironmentVariables variables;  ///< CUDA_VISIBLE_DEVICES, OMP_NUM_THREADS, ...: set or replaced
  std::optional<Gpu> gpu;          ///< nullopt on the CPU
  CpuBinding cores;                ///< bound to before its program starts
  std::vector<std::string> argv;   ///< argv[0] is the path of an existing executable
};

/// How the ranks find each other: what the launcher does with MASTER_PORT.
enum class RendezvousKind {
  /// The launcher listens and hands the socket to rank 0, which serves the store on it: dplaunch's
  /// own worker.
  kHandedOver,
  /// The launcher keeps the port free for whatever rank 0 will listen with: any command.
  kReserved,
  /// The port is on another host.
  kElsewhere,
};

/// All workers of one job on this host.
struct LaunchPlan {
  std::vector<RankPlan> ranks;
  /// Where rank-N.log, error records and the status board go; nullopt: nothing is written.
  std::optional<RunFolder> run_folder;
  bool append_logs = false;  ///< a resumed run goes on in its own logs
  /// dplaunch's own workers: they finish their step and write a checkpoint at SIGTERM, tell their
  /// progress on the status board, and print their stack when asked.
  bool is_own_worker = true;
  RendezvousKind rendezvous = RendezvousKind::kHandedOver;
  SupervisionOptions supervision;
  std::vector<std::string> notes;  ///< worth telling before the start: a busy GPU, fewer threads
};

}  // namespace dplaunch
