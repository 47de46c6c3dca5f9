#include "launcher/devices/rocm_smi.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>

#include "launcher/devices/device_files.h"
#include "launcher/devices/rocm_smi_library.h"

namespace dplaunch {
namespace {

using rocm_smi::kSuccess;

/// "0000:c1:00.0"
std::string pci_bus_id(std::uint64_t place) {
  return fmt::format("{:04x}:{:02x}:{:02x}.{:x}", place >> 32, (place >> 8) & 0xff,
                     (place >> 3) & 0x1f, place & 0x7);
}

/// Describes the GPUs of an initialised ROCm SMI.
class RocmProber {
 public:
  explicit RocmProber(const RocmSmiLibrary& library) : library_(library), f_(library.functions()) {}

  std::string driver_version() const {
    char text[rocm_smi::kTextBytes] = {};
    return f_.rsmi_version_str_get(rocm_smi::kDriver, text, sizeof text) == kSuccess ? text : "";
  }

  /// In HIP's order. A GPU that only draws has no node of the compute driver, and HIP does not
  /// count it.
  std::vector<Gpu> describe_all(std::uint32_t count) const {
    std::map<std::uint32_t, std::uint32_t> gpus_by_node;
    for (std::uint32_t gpu = 0; gpu < count; ++gpu) {
      std::uint32_t node = 0;
      if (f_.rsmi_dev_node_id_get(gpu, &node) == kSuccess) gpus_by_node[node] = gpu;
    }
    const ProcessesOfGpus processes = list_processes(count);
    const std::string forbidden = forbidden_device_file({"kfd"});
    std::vector<Gpu> gpus;
    for (const auto& [node, number] : gpus_by_node) {
      Gpu gpu = describe(number);
      gpu.index = gpu.logical_index = static_cast<int>(gpus.size());
      gpu.lists_processes = processes.are_listed;
      if (processes.are_listed) gpu.processes = processes.of_gpu.at(number);
      if (!forbidden.empty()) {
        gpu.error = fmt::format("this user may not read and write {} (groups render and video may)",
                                forbidden);
      }
      gpus.push_back(std::move(gpu));
    }
    return gpus;
  }

 private:
  struct ProcessesOfGpus {
    bool are_listed = false;
    std::vector<std::vector<GpuProcess>> of_gpu;  ///< by the library's number
  };

  /// Its memory must be known, if it has one of its own. An older GPU has no unique id, and the
  /// rest not all report.
  Gpu describe(std::uint32_t number) const {
    Gpu gpu;
    const auto must = [&](rocm_smi::Return code) {
      const bool is_fault = code != kSuccess && code != rocm_smi::kNotSupported;
      if (is_fault && gpu.error.empty()) gpu.error = library_.words_of(code);
    };
    gpu.name = name_of(number);
    std::uint64_t id = rocm_smi::kNoUniqueId;
    if (f_.rsmi_dev_unique_id_get(number, &id) == kSuccess && id != rocm_smi::kNoUniqueId) {
      gpu.uuid = fmt::format("GPU-{:016x}", id);  // as ROCr names it
    }
    std::uint64_t place = 0;
    if (f_.rsmi_dev_pci_id_get(number, &place) == kSuccess) gpu.pci_bus_id = pci_bus_id(place);
    std::uint64_t bytes = 0;
    must(f_.rsmi_dev_memory_total_get(number, rocm_smi::kMemoryOfGpu, &bytes));
    gpu.memory_total_bytes = static_cast<std::int64_t>(bytes);
    bytes = 0;
    must(f_.rsmi_dev_memory_usage_get(number, rocm_smi::kMemoryOfGpu, &bytes));
    gpu.memory_used_bytes = static_cast<std::int64_t>(bytes);
    std::uint32_t percent = 0;
    if (f_.rsmi_dev_busy_percent_get(number, &percent) == kSuccess) {
      gpu.utilization_percent = static_cast<int>(percent);
    }
    add_sensors(number, gpu);
    return gpu;
  }

  std::string name_of(std::uint32_t number) const {
    char name[rocm_smi::kTextBytes] = {};
    if (f_.rsmi_dev_market_name_get != nullptr &&
        f_.rsmi_dev_market_name_get(number, name, sizeof name) == kSuccess && *name != '\0') {
      return name;
    }
    const rocm_smi::Return code = f_.rsmi_dev_name_get(number, name, sizeof name - 1);
    return code == kSuccess || code == rocm_smi::kInsufficientSize ? name : "";
  }

  void add_sensors(std::uint32_t number, Gpu& gpu) const {
    constexpr std::uint64_t kMicrowattsInMilliwatt = 1000;
    constexpr int kMillidegrees = 1000;
    std::uint64_t microwatts = 0;
    unsigned type = 0;
    if (f_.rsmi_dev_power_get != nullptr &&
        f_.rsmi_dev_power_get(number, &microwatts, &type) == kSuccess) {
      gpu.power_usage_mw = static_cast<int>(microwatts / kMicrowattsInMilliwatt);
    }
    if (f_.rsmi_dev_power_cap_get != nullptr &&
        f_.rsmi_dev_power_cap_get(number, rocm_smi::kFirstSensor, &microwatts) == kSuccess) {
      gpu.power_limit_mw = static_cast<int>(microwatts / kMicrowattsInMilliwatt);
    }
    for (const unsigned sensor : {rocm_smi::kEdge, rocm_smi::kJunction}) {
      std::int64_t millidegrees = 0;
      if (f_.rsmi_dev_temp_metric_get == nullptr || gpu.temperature_celsius >= 0 ||
          f_.rsmi_dev_temp_metric_get(number, sensor, rocm_smi::kCurrentTemperature,
                                      &millidegrees) != kSuccess) {
        continue;
      }
      gpu.temperature_celsius = static_cast<int>(millidegrees / kMillidegrees);
    }
  }

  /// The library lists the processes of all GPUs together, and says of each on which it is. How
  /// much memory it has is known of all its GPUs together only.
  ProcessesOfGpus list_processes(std::uint32_t gpus) const {
    ProcessesOfGpus processes;
    processes.of_gpu.resize(gpus);
    if (f_.rsmi_compute_process_info_get == nullptr || f_.rsmi_compute_process_gpus_get == nullptr)
      return processes;
    std::uint32_t count = 0;
    if (f_.rsmi_compute_process_info_get(nullptr, &count) != kSuccess) return processes;
    constexpr std::uint32_t kRoom = 32;  // more may start before the second call
    std::vector<rocm_smi::ProcessInfo> infos(count + kRoom);
    count = static_cast<std::uint32_t>(infos.size());
    if (f_.rsmi_compute_process_info_get(infos.data(), &count) != kSuccess) return processes;
    infos.resize(std::min<std::size_t>(count, infos.size()));
    processes.are_listed = true;
    for (const rocm_smi::ProcessInfo& info : infos) {
      std::vector<std::uint32_t> used(gpus);
      std::uint32_t number = gpus;
      const auto code = f_.rsmi_compute_process_gpus_get(info.pid, used.data(), &number);
      if (code != kSuccess) continue;  // it has ended
      used.resize(std::min(number, gpus));
      const bool has_memory = used.size() == 1;
      for (const std::uint32_t gpu : used) {
        if (gpu >= gpus) continue;
        processes.of_gpu[gpu].push_back(
            {info.pid, has_memory ? static_cast<std::int64_t>(info.memory_bytes) : -1, true});
      }
    }
    return processes;
  }

  const RocmSmiLibrary& library_;
  const rocm_smi::Functions& f_;
};

}  // namespace

GpuProbe probe_rocm_smi() {
  const RocmSmiLibrary library;
  GpuProbe probe;
  probe.has_library = library.has_driver();
  probe.note = library.problem();
  if (!probe.note.empty()) return probe;
  const RocmProber prober(library);
  probe.driver_version = prober.driver_version();
  std::uint32_t count = 0;
  if (const auto code = library.functions().rsmi_num_monitor_devices(&count); code != kSuccess) {
    probe.note = fmt::format("AMD's ROCm SMI cannot count its GPUs: {}", library.words_of(code));
    return probe;
  }
  probe.gpus = prober.describe_all(count);
  if (probe.gpus.empty()) {
    probe.note = fmt::format("AMD's driver {} is running, but lists no GPU for computing",
                             probe.driver_version);
  }
  return probe;
}

}  // namespace dplaunch
