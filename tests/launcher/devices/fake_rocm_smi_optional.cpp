// What an old ROCm SMI lacks, of the stand-in for it.

#include <algorithm>

#include "tests/launcher/devices/fake_rocm_smi_machine.h"

using namespace dplaunch::rocm_smi;
using namespace dplaunch::fake_rocm_smi;

namespace {

/// Of a sensor; -1: there is none.
template <typename Number>
Return report(std::int64_t value, std::int64_t scale, Number* out) {
  if (value < 0) return kNotSupported;
  *out = static_cast<Number>(value * scale);
  return kSuccess;
}

}  // namespace

extern "C" {

Return rsmi_dev_market_name_get(std::uint32_t gpu, char* name, std::uint32_t size_bytes) {
  if (machine().gpus.at(gpu).market_name.empty()) return kNotSupported;
  return copy_text(machine().gpus[gpu].market_name, name, size_bytes);
}

Return rsmi_dev_power_get(std::uint32_t gpu, std::uint64_t* microwatts, unsigned* type) {
  *type = 0;
  return report(machine().gpus.at(gpu).power_usage_mw, 1000, microwatts);
}

Return rsmi_dev_power_cap_get(std::uint32_t gpu, std::uint32_t /*sensor*/,
                              std::uint64_t* microwatts) {
  return report(machine().gpus.at(gpu).power_limit_mw, 1000, microwatts);
}

Return rsmi_dev_temp_metric_get(std::uint32_t gpu, std::uint32_t sensor, unsigned /*metric*/,
                                std::int64_t* millidegrees) {
  const FakeDevice& device = machine().gpus.at(gpu);
  return report(sensor == kEdge ? device.edge_celsius : device.junction_celsius, 1000,
                millidegrees);
}

Return rsmi_compute_process_info_get(ProcessInfo* processes, std::uint32_t* count) {
  const auto& all = machine().processes;
  if (processes != nullptr) {
    if (*count < all.size()) return kInsufficientSize;
    std::copy(all.begin(), all.end(), processes);
  }
  *count = static_cast<std::uint32_t>(all.size());
  return kSuccess;
}

Return rsmi_compute_process_gpus_get(std::uint32_t pid, std::uint32_t* gpus, std::uint32_t* count) {
  const auto found = machine().gpus_of_process.find(pid);
  if (found == machine().gpus_of_process.end()) return 3;
  *count = static_cast<std::uint32_t>(found->second.size());
  std::copy(found->second.begin(), found->second.end(), gpus);
  return kSuccess;
}
}
