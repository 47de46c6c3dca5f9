#pragma once

#include <optional>
#include <string>

#include "launcher/commands/doctor/findings.h"
#include "launcher/plan/find_worker.h"

namespace dplaunch::doctor {

/// What came of a worker's `--version`.
struct WorkerVersions {
  std::string problem{};   ///< why there is none: the loader's message, or its exit code
  std::string dplaunch{};  ///< each empty if the worker does not print it
  std::string libtorch{};
  std::string cuda{};
  std::string nccl{};
};

struct WorkerFacts {
  WorkerExecutable executable;
  bool is_users_own = false;               ///< named by DPLAUNCH_WORKER
  std::optional<WorkerVersions> versions;  ///< nullopt: it was not run
  std::string driver_version;              ///< empty without a driver
};

/// Runs the worker to ask for its versions.
WorkerFacts probe_worker(const DeviceKind& kind, const std::string& driver_version);

/// Whether the worker starts, and fits this launcher and the driver.
Findings check_worker(const WorkerFacts& facts);

}  // namespace dplaunch::doctor
