#pragma once

#include <optional>
#include <string>

#include "launcher/devices/gpu.h"

namespace dplaunch {

/// What a device string is resolved against.
struct MachineDevices {
  GpuProbe probe;
  std::optional<std::string> visible_devices;  ///< inherited mask variable of probe.kind, if set
  int usable_cores = 1;
};

/// No GPU can be used, though there is a driver for one, or the kernel sees one: what the probe
/// says is then to be mended. Otherwise this is a machine without GPUs.
bool is_broken(const GpuProbe& probe);

/// Asks the drivers for this machine's GPUs: those of the first kind, in the order of gpu_kinds(),
/// that has any. Where none has, what it finds is about the first kind that is broken, or else the
/// first kind. Does not throw; can take a second where the driver has to wake up.
GpuProbe probe_gpus();

/// This machine as this process sees it.
MachineDevices probe_machine();

/// The same without its GPUs, for a job on the CPU: no driver is asked.
MachineDevices unprobed_machine();

}  // namespace dplaunch
