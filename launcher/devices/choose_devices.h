#pragma once

#include <string>

#include "launcher/commands/job/launch_options.h"
#include "launcher/devices/select_devices.h"

namespace dplaunch {

/// The devices of a job, and the machine that they were chosen from.
struct JobDevices {
  MachineDevices machine;
  DeviceSelection selection;
  std::string text;  ///< the device string that was asked for, as --device takes it
};

/// Looks at the machine and resolves --device and --nproc-per-node. Throws Error(kDevice), and
/// Error(kUsage) where the two contradict each other.
JobDevices choose_devices(const LaunchOptions& options);

/// Under --if-busy wait: sleeps until the GPUs are idle, saying so on standard error. Everything
/// that can be checked before should be. Throws Error(kDevice).
void wait_until_idle(const LaunchOptions& options, JobDevices& devices);

}  // namespace dplaunch
