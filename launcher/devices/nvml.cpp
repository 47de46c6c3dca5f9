#include "launcher/devices/nvml.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "launcher/devices/nvml_library.h"

namespace dplaunch {
namespace {

/// Describes the GPUs of an initialised NVML.
class NvmlProber {
 public:
  explicit NvmlProber(const nvml::Functions& functions) : f_(functions) {}

  std::string driver_version() const {
    char text[nvml::kVersionBytes] = {};
    return f_.nvmlSystemGetDriverVersion(text, sizeof text) == nvml::kSuccess ? text : "";
  }

  /// Adds the GPU, or its MIG instances, to `gpus`.
  void describe(unsigned index, std::vector<Gpu>& gpus) const {
    Gpu gpu;
    gpu.index = static_cast<int>(index);
    gpu.logical_index = gpu.index;
    nvml::Device device = nullptr;
    if (const auto code = f_.nvmlDeviceGetHandleByIndex_v2(index, &device);
        code != nvml::kSuccess) {
      gpu.error = f_.nvmlErrorString(code);
      gpus.push_back(std::move(gpu));
      return;
    }
    if (!is_in_mig_mode(device)) {
      fill(device, gpu);
      gpus.push_back(std::move(gpu));
      return;
    }
    describe_instances(device, gpu, gpus);
  }

 private:
  bool is_in_mig_mode(nvml::Device device) const {
    unsigned current = 0;
    unsigned pending = 0;
    return f_.nvmlDeviceGetMigMode != nullptr && f_.nvmlDeviceGetMaxMigDeviceCount != nullptr &&
           f_.nvmlDeviceGetMigDeviceHandleByIndex != nullptr &&
           f_.nvmlDeviceGetMigMode(device, &current, &pending) == nvml::kSuccess &&
           current == nvml::kMigEnabled;
  }

  void describe_instances(nvml::Device parent, const Gpu& whole, std::vector<Gpu>& gpus) const {
    const std::size_t before = gpus.size();
    unsigned slots = 0;
    if (f_.nvmlDeviceGetMaxMigDeviceCount(parent, &slots) != nvml::kSuccess) slots = 0;
    for (unsigned slot = 0; slot < slots; ++slot) {
      nvml::Device instance = nullptr;
      // An empty slot answers "not found"; instances need not fill the slots from the start.
      if (f_.nvmlDeviceGetMigDeviceHandleByIndex(parent, slot, &instance) != nvml::kSuccess) {
        continue;
      }
      Gpu gpu = whole;
      fill(instance, gpu);
      gpu.pci_bus_id = pci_bus_id(parent);
      gpus.push_back(std::move(gpu));
    }
    if (gpus.size() > before) return;
    Gpu empty = whole;
    fill(parent, empty);
    empty.error = "MIG mode is on, but it has no instances";
    gpus.push_back(std::move(empty));
  }

  /// Identity and memory must be known; a MIG instance or an old driver need not report the rest.
  void fill(nvml::Device device, Gpu& gpu) const {
    const auto must = [&](nvml::Return code) {
      if (code != nvml::kSuccess && gpu.error.empty()) gpu.error = f_.nvmlErrorString(code);
    };
    char uuid[nvml::kUuidBytes] = {};
    must(f_.nvmlDeviceGetUUID(device, uuid, sizeof uuid));
    gpu.uuid = uuid;
    char name[nvml::kNameBytes] = {};
    must(f_.nvmlDeviceGetName(device, name, sizeof name));
    gpu.name = name;
    nvml::Memory memory{};
    // A GPU that shares the host's memory has no figure of its own, and is none the worse for it.
    const nvml::Return has_memory = f_.nvmlDeviceGetMemoryInfo(device, &memory);
    if (has_memory != nvml::kNotSupported) must(has_memory);
    gpu.memory_total_bytes = static_cast<std::int64_t>(memory.total);
    gpu.memory_used_bytes = static_cast<std::int64_t>(memory.used);
    nvml::Utilization utilization{};
    if (f_.nvmlDeviceGetUtilizationRates(device, &utilization) == nvml::kSuccess) {
      gpu.utilization_percent = static_cast<int>(utilization.gpu);
    }
    gpu.power_usage_mw = figure(f_.nvmlDeviceGetPowerUsage, device);
    gpu.power_limit_mw = figure(f_.nvmlDeviceGetEnforcedPowerLimit, device);
    gpu.temperature_celsius = figure(f_.nvmlDeviceGetTemperature, device, nvml::kTemperatureOfGpu);
    gpu.held_down_by = held_down_by(device);
    gpu.pci_bus_id = pci_bus_id(device);
    add_processes(device, gpu, true);
    add_processes(device, gpu, false);
  }

  /// What an optional function reports; -1 without it, or where it reports nothing.
  template <typename... Parameters, typename... Arguments>
  static int figure(nvml::Return (*function)(Parameters...), Arguments... arguments) {
    unsigned value = 0;
    const bool is_known = function != nullptr && function(arguments..., &value) == nvml::kSuccess;
    return is_known ? static_cast<int>(value) : -1;
  }

  std::vector<std::string> held_down_by(nvml::Device device) const {
    unsigned long long reasons = 0;
    const auto ask = f_.nvmlDeviceGetCurrentClocksEventReasons;
    if (ask == nullptr || ask(device, &reasons) != nvml::kSuccess) return {};
    constexpr auto kHeat = nvml::kSwThermalSlowdown | nvml::kHwThermalSlowdown;
    std::vector<std::string> words;
    if ((reasons & nvml::kSwPowerCap) != 0) words.emplace_back("its power limit");
    if ((reasons & kHeat) != 0) words.emplace_back("heat");
    if ((reasons & nvml::kHwPowerBrakeSlowdown) != 0) words.emplace_back("the power supply");
    if (reasons == nvml::kHwSlowdown) words.emplace_back("the hardware's protection");
    return words;
  }

  std::string pci_bus_id(nvml::Device device) const {
    nvml::PciInfo pci{};
    return f_.nvmlDeviceGetPciInfo_v3(device, &pci) == nvml::kSuccess ? pci.bus_id : "";
  }

  /// A process that both computes and draws is in both of the driver's lists, and once in ours.
  void add_processes(nvml::Device device, Gpu& gpu, bool is_compute) const {
    const auto list = is_compute ? f_.nvmlDeviceGetComputeRunningProcesses_v3
                                 : f_.nvmlDeviceGetGraphicsRunningProcesses_v3;
    if (list == nullptr) return;
    std::vector<nvml::ProcessInfo> infos(32);
    auto count = static_cast<unsigned>(infos.size());
    auto code = list(device, &count, infos.data());
    if (code == nvml::kInsufficientSize) {
      infos.resize(count + 32);  // more may start before the second call
      count = static_cast<unsigned>(infos.size());
      code = list(device, &count, infos.data());
    }
    if (code != nvml::kSuccess) return;
    if (is_compute) gpu.lists_processes = true;
    infos.resize(std::min<std::size_t>(count, infos.size()));
    for (const nvml::ProcessInfo& info : infos) add_process(info, gpu, is_compute);
  }

  static void add_process(const nvml::ProcessInfo& info, Gpu& gpu, bool is_compute) {
    const auto pid = static_cast<std::int64_t>(info.pid);
    const bool is_there = std::any_of(gpu.processes.begin(), gpu.processes.end(),
                                      [&](const GpuProcess& other) { return other.pid == pid; });
    if (is_there) return;
    const bool has_memory = info.used_memory != nvml::kMemoryUnknown;
    gpu.processes.push_back(
        {pid, has_memory ? static_cast<std::int64_t>(info.used_memory) : -1, is_compute});
  }

  const nvml::Functions& f_;
};

}  // namespace

GpuProbe probe_nvml() {
  const NvmlLibrary library;
  GpuProbe probe;
  probe.has_library = library.is_there();
  probe.note = library.problem();
  if (!probe.note.empty()) return probe;
  const nvml::Functions& functions = library.functions();
  const NvmlProber prober(functions);
  probe.driver_version = prober.driver_version();
  unsigned count = 0;
  if (const auto code = functions.nvmlDeviceGetCount_v2(&count); code != nvml::kSuccess) {
    probe.note =
        fmt::format("the driver cannot count its GPUs: {}", functions.nvmlErrorString(code));
    return probe;
  }
  for (unsigned index = 0; index < count; ++index) prober.describe(index, probe.gpus);
  if (probe.gpus.empty()) {
    probe.note = fmt::format("the driver {} is running, but lists no GPU", probe.driver_version);
  }
  return probe;
}

}  // namespace dplaunch
