#pragma once

#include <optional>
#include <string>

#include "launcher/devices/select_devices.h"

namespace dplaunch {

/// What a user says of the devices.
struct DeviceChoice {
  std::optional<std::string> device = {};  ///< --device
  std::string processes = {};              ///< --nproc-per-node; empty: not given
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

}  // namespace dplaunch
