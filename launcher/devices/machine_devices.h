#pragma once

#include <optional>
#include <string>
#include <vector>

#include "launcher/devices/gpu.h"

namespace dplaunch {

/// What a device string is resolved against.
struct MachineDevices {
  GpuProbe probe;
  std::optional<std::string> visible_devices;  ///< inherited mask of probe.kind, if set
  int usable_cores = 1;
  /// The variable that `visible_devices` was in; nullptr: the kind's mask variable.
  const char* visible_devices_variable = nullptr;
  std::optional<std::string> outer_visible_devices{};  ///< the same of its outer mask variable
};

/// A variable that hides GPUs, with its value.
struct InheritedMask {
  const char* variable;
  std::string value;
  bool is_outer = false;
};

/// Those that are set, in the order in which they are obeyed.
std::vector<InheritedMask> inherited_masks(const MachineDevices& machine);

/// "ROCR_VISIBLE_DEVICES and HIP_VISIBLE_DEVICES": those that are set, or the one that could be.
std::string mask_variables(const MachineDevices& machine);

/// How each pair of GPUs of this kind is connected; empty where that is not known.
std::vector<GpuLink> probe_links(const DeviceKind& kind);

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
