#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "launcher/devices/device_kind.h"

namespace dplaunch {

/// A process that uses a GPU, as the driver names it.
struct GpuProcess {
  std::int64_t pid = 0;
  std::int64_t memory_bytes = 0;  ///< -1 if the driver does not report it
  bool is_compute = true;         ///< false: it only draws
};

/// One GPU, or one MIG instance, as the management library (NVML, ROCm SMI) describes it.
struct Gpu {
  /// Physical: NVML's order, which is that of nvidia-smi (PCI bus); of AMD's, that in which HIP
  /// counts without any mask.
  int index = 0;
  int logical_index = 0;   ///< what a number in a device string means: place in what we may see
  std::string uuid;        ///< "GPU-..." or "MIG-..."
  std::string name;        ///< "NVIDIA GeForce RTX 3090"
  std::string pci_bus_id;  ///< "00000000:01:00.0", empty if unknown
  std::int64_t memory_total_bytes = 0;
  std::int64_t memory_used_bytes = 0;
  int utilization_percent = -1;  ///< -1 if the driver does not report it
  int power_usage_mw = -1;       ///< -1 if the driver does not report it
  int power_limit_mw = -1;       ///< the limit in force; -1 if the driver does not report it
  int temperature_celsius = -1;  ///< -1 if the driver does not report it
  /// What keeps its clocks lower than they could be, now: "its power limit", "heat"; empty also
  /// where the driver does not report it.
  std::vector<std::string> held_down_by;
  bool lists_processes = false;  ///< false: the driver does not report which processes there are
  std::vector<GpuProcess> processes;
  std::string error;  ///< why this GPU cannot be used ("GPU is lost"); empty if it can
  /// Its place in what an outer mask (ROCR_VISIBLE_DEVICES) leaves; nullopt: there is none.
  std::optional<int> outer_index{};

  /// What a number in the mask means.
  int number_in_mask() const { return outer_index.value_or(index); }
};

inline bool is_mig_instance(const Gpu& gpu) {
  return gpu.uuid.starts_with("MIG-");
}

/// Instances have the index of their GPU, so that the UUID decides; a lost GPU may have none.
inline bool is_same_gpu(const Gpu& a, const Gpu& b) {
  return a.index == b.index && a.uuid == b.uuid;
}

/// How two GPUs of this machine reach each other. Numbers are physical.
struct GpuLink {
  int first = 0;
  int second = 0;    ///< always larger than `first`
  int nvlinks = 0;   ///< direct ones, and those that meet in an NVSwitch
  std::string path;  ///< over PCIe: PIX, PXB, PHB, NODE or SYS, as in `nvidia-smi topo -m`;
                     ///< empty if the driver does not report it

  /// "NV4" or the path, as `nvidia-smi topo -m` names it; "?" if nothing is known.
  std::string name() const;
};

/// What the drivers report of this machine's GPUs: those of one kind.
struct GpuProbe {
  std::vector<Gpu> gpus;       ///< by `index`; a GPU in MIG mode appears as its instances
  bool has_library = false;    ///< the driver's library is there, whether it works or not
  std::string driver_version;  ///< empty without a driver
  std::string note;            ///< what was probed and what came of it; set when `gpus` is empty
  int gpus_on_pci_bus = 0;     ///< of this kind, by the kernel; counted when `gpus` is empty
  /// Of the GPUs; where there is none, whose driver the note is about. The first kind until a
  /// machine is probed.
  const DeviceKind* kind = &gpu_kinds().front();
  std::string other_gpus{};  ///< that there are some of another kind too; else empty
};

}  // namespace dplaunch
