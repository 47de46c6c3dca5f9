#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "launcher/devices/rocm_smi_types.h"

/// The machine that the stand-in for ROCm SMI describes, as read from its text file.
namespace dplaunch::fake_rocm_smi {

struct FakeDevice {
  std::uint64_t unique_id = 0;  ///< 0: it has none
  std::uint64_t total_mib = 0, used_mib = 0;
  int utilization = -1;
  std::string name, market_name;
  int node = -1;  ///< -1: the compute driver does not know it
  std::uint64_t pci_id = 0;
  int memory_error = 0;
  std::int64_t power_usage_mw = -1, power_limit_mw = -1;
  int edge_celsius = -1, junction_celsius = -1;
};

struct FakeMachine {
  std::string driver = "6.8.5";
  unsigned init_error = 0, count_error = 0;
  std::vector<FakeDevice> gpus;
  std::vector<rocm_smi::ProcessInfo> processes;
  std::map<std::uint32_t, std::vector<std::uint32_t>> gpus_of_process;
};

/// Valid from rsmi_init on.
const FakeMachine& machine();

/// Writes `text` with its end, or as much of it as there is room for.
rocm_smi::Return copy_text(const std::string& text, char* buffer, std::size_t size_bytes);

}  // namespace dplaunch::fake_rocm_smi
