#pragma once

#include <string>
#include <vector>

#include "launcher/devices/device_string.h"
#include "launcher/devices/machine_devices.h"

namespace dplaunch {

/// Where the job runs: on `gpus`, one process each, or as `cpu_processes` processes on the CPU.
struct DeviceSelection {
  std::vector<Gpu> gpus;
  int cpu_processes = 0;
  std::vector<std::string> warnings;  ///< to be shown before the start: a busy GPU, a mask
  std::string waits_for{};  ///< under IfBusy::kWait: the busy GPUs, and who is on them; else empty
  const DeviceKind* gpu_kind = &gpu_kinds().front();  ///< of `gpus`
  int gpu_processes = 0;    ///< a command's number of processes on `gpus`; 0: one on each
  bool keeps_mask = false;  ///< every GPU, in its own order and without a mask: nothing is hidden
  /// The runtime (CUDA) counts the GPUs as Gpu::number_in_mask() does: none is split or lost.
  bool has_sure_numbers = false;

  bool is_cpu() const { return gpus.empty(); }
  const DeviceKind& kind() const { return is_cpu() ? cpu_kind() : *gpu_kind; }
  int processes() const {
    if (is_cpu()) return cpu_processes;
    return gpu_processes > 0 ? gpu_processes : static_cast<int>(gpus.size());
  }
  /// Of the rank with this local number, which shares it if there are more ranks than GPUs; nullptr
  /// on the CPU.
  const Gpu* gpu_of(int local_rank) const {
    return is_cpu() ? nullptr : &gpus[static_cast<std::size_t>(local_rank) % gpus.size()];
  }
};

/// What becomes of a GPU that the device string names and that is busy. `auto` takes idle GPUs
/// only, whatever this says, but it can wait for them.
enum class IfBusy {
  kWarn,  ///< it is used, and a warning says who else uses it
  kSkip,  ///< it is left out; an error if no GPU is left
  kFail,  ///< an error that says who uses it
  kWait,  ///< the selection says what it waits for; see wait_for_devices()
};

/// "warn", "skip", "fail" or "wait"; throws Error(kUsage) for anything else.
IfBusy parse_if_busy(const std::string& text);

/// A GPU counts as busy from half of its time or a quarter of its memory in use.
bool is_busy(const Gpu& gpu);

/// Resolves the request. `auto` without a GPU is the CPU with min(2, cores) processes; with GPUs of
/// which none is idle it is an error, because a surprise run on the CPU would take days. `auto:N`
/// takes the N with the least utilisation, among equals those with the least share of their memory
/// in use, and lists them in their own order. Under kWait a selection whose `waits_for` is not
/// empty holds GPUs that are still busy. Throws Error(kDevice) that says which devices exist, or
/// what was probed where there are none.
DeviceSelection select_devices(const DeviceRequest& request, const MachineDevices& machine,
                               IfBusy if_busy = IfBusy::kWarn);

/// For a selection of the CPU because no GPU was found: a machine for GPUs whose driver is broken,
/// or whose GPUs a mask hides, must not train there unnoticed. Adds nothing on a machine without.
void warn_of_missing_gpus(const MachineDevices& machine, DeviceSelection& selection);

}  // namespace dplaunch
