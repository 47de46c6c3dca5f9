#pragma once

#include <span>
#include <vector>

namespace dplaunch {

struct GpuLink;
struct GpuProbe;

/// An environment variable with its value.
struct FixedVariable {
  const char* name;
  const char* value;
};

/// A kind of device that ranks run on: all by which one kind differs from another for the launcher.
/// Each is a row of device_kind.cpp; docs/adding-a-device.md says what else a new one needs. Of the
/// CPU, everything that concerns a GPU is empty or null.
struct DeviceKind {
  const char* name;              ///< for users: "CPU", "NVIDIA GPU"
  const char* vendor = nullptr;  ///< of the GPUs and their driver, as users know it: "NVIDIA"

  /// File name of the executable that trains on it; nullptr: there is none.
  const char* worker = nullptr;
  const char* worker_build_hint;  ///< how to get that executable, or what to do without one

  /// Lists the GPUs that a process sees, by number or UUID.
  const char* mask_variable = nullptr;
  const char* empty_mask = "";    ///< the value of it that hides every GPU
  bool mask_takes_uuids = false;  ///< it is given them where numbers are not sure
  /// Read where the mask variable is not set; if it is set, ranks get both alike.
  const char* other_mask_variable = nullptr;
  /// Obeyed below the runtime: the mask's numbers are places in what this one leaves. Ranks inherit
  /// it.
  const char* outer_mask_variable = nullptr;
  /// Given to ranks on GPUs, unless the user set them: the order in which the runtime numbers GPUs.
  std::span<const FixedVariable> order_variables{};
  /// Given to ranks on GPUs, unless the user set them: what their collective library (NCCL) is to
  /// do on a failure.
  std::span<const FixedVariable> collective_variables{};
  /// Names to that library the beginning of the paths of its flight records, one file a rank.
  const char* flight_record_variable = nullptr;

  /// Asks the management library (NVML), which is loaded at run time. Does not throw: what it did
  /// not find is in GpuProbe::note. Sets no `kind`; probe_gpus() does.
  GpuProbe (*probe)() = nullptr;
  /// Asks it how each pair of GPUs is connected; empty without a driver or a second GPU. nullptr:
  /// it is not asked.
  std::vector<GpuLink> (*probe_links)() = nullptr;

  const char* state_tool = nullptr;  ///< the command that shows the state of the GPUs: "nvidia-smi"
  const char* numbers_of = nullptr;  ///< what counts GPUs as dplaunch does: "nvidia-smi"
  const char* kernel_log_tag =
      nullptr;  ///< what the driver's errors are marked with in the kernel's log
  /// Resets the GPU whose number follows; nullptr: its numbers are not ours.
  const char* reset_command = nullptr;
  const char* driver_hint = nullptr;     ///< what to do where the driver does not work
  const char* container_hint = nullptr;  ///< the same inside a container
  const char* pci_vendor = nullptr;      ///< the vendor's PCI id as in /sys: "0x10de"
  /// The beginnings of the PCI classes of GPUs for computing, as in /sys.
  std::span<const char* const> pci_classes{};
};

const DeviceKind& cpu_kind();

/// Every kind but the CPU, in the order in which a machine is probed for them. Never empty.
std::span<const DeviceKind> gpu_kinds();

}  // namespace dplaunch
