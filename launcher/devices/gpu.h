#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace dplaunch {

/// A process that uses a GPU, as the driver names it.
struct GpuProcess {
  std::int64_t pid = 0;
  std::int64_t memory_bytes = 0;  ///< -1 if the driver does not say
  bool is_compute = true;         ///< false: it only draws
};

/// One GPU, or one MIG instance, as NVML describes it.
struct Gpu {
  int index = 0;           ///< physical: NVML's order, which is that of nvidia-smi (PCI bus)
  int logical_index = 0;   ///< what a number in a device string means: place in what we may see
  std::string uuid;        ///< "GPU-..." or "MIG-..."
  std::string name;        ///< "NVIDIA GeForce RTX 3090"
  std::string pci_bus_id;  ///< "00000000:01:00.0", empty if unknown
  std::int64_t memory_total_bytes = 0;
  std::int64_t memory_used_bytes = 0;
  int utilization_percent = -1;  ///< -1 if the driver does not say
  int power_usage_mw = -1;       ///< -1 if the driver does not say
  int power_limit_mw = -1;       ///< the limit in force; -1 if the driver does not say
  int temperature_celsius = -1;  ///< -1 if the driver does not say
  bool lists_processes = false;  ///< false: the driver does not say which processes there are
  std::vector<GpuProcess> processes;
  std::string error;  ///< why this GPU cannot be used ("GPU is lost"); empty if it can
};

inline bool is_mig_instance(const Gpu& gpu) {
  return gpu.uuid.starts_with("MIG-");
}

}  // namespace dplaunch
