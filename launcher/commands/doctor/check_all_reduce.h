#pragma once

#include <cstdint>
#include <string>

#include "launcher/commands/doctor/check_devices.h"
#include "launcher/commands/doctor/check_worker.h"
#include "launcher/commands/doctor/findings.h"
#include "launcher/communication/link_expectation.h"

namespace dplaunch::doctor {

/// A short all-reduce over the devices that were asked about.
struct AllReduceFacts {
  bool is_tried = false;
  bool is_on_gpus = false;
  int processes = 0;
  LinkExpectation link;  ///< between its GPUs
  std::int64_t bytes = 0;
  double seconds = 0;   ///< of one
  std::string problem;  ///< why there is no figure
  std::string command;  ///< that does the same and shows all that is printed
};

/// Runs the workers for a moment: not where there is one process, no worker, or a CPU that nobody
/// asked about.
AllReduceFacts probe_all_reduce(const DeviceFacts& devices, const DeviceSelection& selection,
                                const WorkerFacts& worker);

/// Whether the processes reach each other, and on GPUs whether as fast as their links allow.
Findings check_all_reduce(const AllReduceFacts& facts);

}  // namespace dplaunch::doctor
