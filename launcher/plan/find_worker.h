#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "launcher/devices/device_kind.h"

namespace dplaunch {

/// Where the launcher looks for its workers.
struct WorkerPlaces {
  std::filesystem::path launcher_folder;       ///< the folder of the dplaunch executable itself
  std::optional<std::string> worker_variable;  ///< DPLAUNCH_WORKER: the path of an executable
};

/// The places of this process: /proc/self/exe and its environment.
WorkerPlaces worker_places();

/// The executable to start, and what is wrong with it.
struct WorkerExecutable {
  std::filesystem::path path;  ///< where it is, or where it was expected first
  std::string problem;         ///< empty if it is there and executable
  std::string hint;            ///< how to build it
};

/// $DPLAUNCH_WORKER, or the kind's worker beside dplaunch, in ../libexec/dplaunch/, or that of the
/// wheel dplaunch-trainer, whose torch has to be there too. Throws Error(kStorage) where a file of
/// that wheel cannot be read. A kind without a worker is a problem too.
WorkerExecutable find_worker(const DeviceKind& kind, const WorkerPlaces& places);

/// Throws Error(kNotFound) if there is a problem with the worker.
void require_worker(const WorkerExecutable& worker);

}  // namespace dplaunch
