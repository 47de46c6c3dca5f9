#pragma once

#include <optional>
#include <string>
#include <vector>

#include "launcher/devices/device_string.h"
#include "launcher/devices/nvml.h"

namespace dplaunch {

/// What a device string is resolved against.
struct MachineDevices {
  GpuProbe probe;
  std::optional<std::string> visible_devices;  ///< inherited CUDA_VISIBLE_DEVICES, if it is set
  int usable_cores = 1;
};

/// Where the job runs: on `gpus`, one process each, or as `cpu_processes` processes on the CPU.
struct DeviceSelection {
  std::vector<Gpu> gpus;
  int cpu_processes = 0;
  std::vector<std::string> warnings;  ///< worth telling before the start: a busy GPU, a mask

  bool is_cpu() const { return gpus.empty(); }
  int processes() const { return is_cpu() ? cpu_processes : static_cast<int>(gpus.size()); }
};

/// A GPU counts as busy from half of its time or a quarter of its memory in use.
bool is_busy(const Gpu& gpu);

/// Resolves the request. `auto` without a GPU is the CPU with min(2, cores) processes; with GPUs of
/// which none is idle it is an error, because a surprise run on the CPU would take days. Throws
/// Error(kDevice) that says which devices exist, or what was probed where there are none.
DeviceSelection select_devices(const DeviceRequest& request, const MachineDevices& machine);

}  // namespace dplaunch
