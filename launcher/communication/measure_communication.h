#pragma once

#include <filesystem>
#include <iosfwd>
#include <optional>

#include "common/communication_record.h"
#include "common/config/config.h"
#include "launcher/devices/select_devices.h"
#include "launcher/plan/launch_plan.h"

namespace dplaunch {

/// Whose communication is measured, and how.
struct CommunicationJob {
  DeviceSelection selection;
  int usable_cores = 1;
  std::filesystem::path worker;  ///< the executable
  Config config;                 ///< the training's, for its process group and its buckets
  CommunicationRequest request;
  Hosts hosts = {};
  SupervisionOptions supervision = {};
};

struct CommunicationResult {
  int exit_code = 0;
  /// nullopt after a failure, and on hosts other than the first.
  std::optional<CommunicationRecord> record;
};

/// Starts dplaunch's own workers as for a training, has them measure, and waits for their end.
/// Their standard output goes to `out`, all else to `err`. Writes into a temporary folder that goes
/// at the end; only after a failure with `keeps_logs` it stays. On the main thread, as supervise().
/// Throws Error.
CommunicationResult measure_communication(const CommunicationJob& job, bool keeps_logs,
                                          std::ostream& out, std::ostream& err);

}  // namespace dplaunch
