#pragma once

#include <chrono>
#include <iosfwd>
#include <optional>
#include <string>

#include "launcher/devices/select_devices.h"

namespace dplaunch {

/// What a user says of the devices.
struct DeviceChoice {
  std::optional<std::string> device = {};  ///< --device
  std::string processes = {};              ///< --nproc-per-node; empty: not given
  /// A command may have more or fewer processes than GPUs, as under torchrun; the trainer has one
  /// on each.
  bool is_command = false;
  IfBusy if_busy = IfBusy::kWarn;
};

/// The devices of a job, and the machine that they were chosen from.
struct JobDevices {
  MachineDevices machine;
  DeviceSelection selection;
  std::string text;  ///< the device string that was asked for, as --device takes it
};

/// Looks at the machine and resolves --device and --nproc-per-node. Throws Error(kDevice), and
/// Error(kUsage) where the two contradict each other.
JobDevices choose_devices(const DeviceChoice& choice);

/// Under --if-busy wait: sleeps until the GPUs are idle, saying so on standard error. Everything
/// that can be checked before should be. Throws Error(kDevice).
void wait_until_idle(const DeviceChoice& choice, JobDevices& devices);

/// select_devices(), and under IfBusy::kWait only once nothing is waited for any more: until then
/// it sleeps for `period` and probes again, into `machine`. Says once on `out` what it waits for
/// and who is on it, and once that the wait is over. It catches no signal: with the default
/// dispositions SIGINT or SIGTERM ends the process, and nothing is lost. Throws Error(kDevice) as
/// soon as the wait would be in vain, because a GPU is lost or gone.
DeviceSelection wait_for_devices(const DeviceRequest& request, MachineDevices& machine,
                                 IfBusy if_busy, std::ostream& out,
                                 std::chrono::milliseconds period = std::chrono::seconds(3));

}  // namespace dplaunch
