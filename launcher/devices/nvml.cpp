#include "launcher/devices/nvml.h"

#include <dlfcn.h>

#include <memory>
#include <optional>

#include "common/rank_environment.h"
#include "launcher/devices/nvml_types.h"

namespace dplaunch {
namespace {

constexpr char kDefaultLibrary[] = "libnvidia-ml.so.1";

struct CloseLibrary {
  void operator()(void* library) const { ::dlclose(library); }
};
using Library = std::unique_ptr<void, CloseLibrary>;

template <typename Function>
bool find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
  return function != nullptr;
}

/// The name of the first function that is missing, or an empty string.
std::string find_functions(void* library, nvml::Functions& f) {
  std::string missing;
  const auto required = [&](const char* name, auto& function) {
    if (!find(library, name, function) && missing.empty()) missing = name;
  };
  required("nvmlInit_v2", f.nvmlInit_v2);
  required("nvmlShutdown", f.nvmlShutdown);
  required("nvmlErrorString", f.nvmlErrorString);
  required("nvmlSystemGetDriverVersion", f.nvmlSystemGetDriverVersion);
  required("nvmlDeviceGetCount_v2", f.nvmlDeviceGetCount_v2);
  required("nvmlDeviceGetHandleByIndex_v2", f.nvmlDeviceGetHandleByIndex_v2);
  required("nvmlDeviceGetUUID", f.nvmlDeviceGetUUID);
  required("nvmlDeviceGetName", f.nvmlDeviceGetName);
  required("nvmlDeviceGetMemoryInfo", f.nvmlDeviceGetMemoryInfo);
  required("nvmlDeviceGetUtilizationRates", f.nvmlDeviceGetUtilizationRates);
  required("nvmlDeviceGetPciInfo_v3", f.nvmlDeviceGetPciInfo_v3);
  find(library, "nvmlDeviceGetComputeRunningProcesses_v3",
       f.nvmlDeviceGetComputeRunningProcesses_v3);
  find(library, "nvmlDeviceGetMigMode", f.nvmlDeviceGetMigMode);
  find(library, "nvmlDeviceGetMaxMigDeviceCount", f.nvmlDeviceGetMaxMigDeviceCount);
  find(library, "nvmlDeviceGetMigDeviceHandleByIndex", f.nvmlDeviceGetMigDeviceHandleByIndex);
  return missing;
}

/// An initialised NVML; shut down at the end of its life.
class Session {
 public:
  explicit Session(const nvml::Functions& functions) : f_(functions) {}
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session() { f_.nvmlShutdown(); }

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

  /// Identity and memory must be known; the rest is a MIG instance's or an old driver's to refuse.
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
    gpu.pci_bus_id = pci_bus_id(device);
    gpu.processes = processes(device);
  }

  std::string pci_bus_id(nvml::Device device) const {
    nvml::PciInfo pci{};
    return f_.nvmlDeviceGetPciInfo_v3(device, &pci) == nvml::kSuccess ? pci.bus_id : "";
  }

  std::vector<GpuProcess> processes(nvml::Device device) const {
    if (f_.nvmlDeviceGetComputeRunningProcesses_v3 == nullptr) return {};
    std::vector<nvml::ProcessInfo> infos(32);
    auto count = static_cast<unsigned>(infos.size());
    auto code = f_.nvmlDeviceGetComputeRunningProcesses_v3(device, &count, infos.data());
    if (code == nvml::kInsufficientSize) {
      infos.resize(count + 32);  // some more may start before the second question
      count = static_cast<unsigned>(infos.size());
      code = f_.nvmlDeviceGetComputeRunningProcesses_v3(device, &count, infos.data());
    }
    std::vector<GpuProcess> found;
    if (code != nvml::kSuccess) return found;
    for (unsigned i = 0; i < count; ++i) {
      const bool is_known = infos[i].used_memory != nvml::kMemoryUnknown;
      found.push_back({static_cast<std::int64_t>(infos[i].pid),
                       is_known ? static_cast<std::int64_t>(infos[i].used_memory) : -1});
    }
    return found;
  }

  const nvml::Functions& f_;
};

}  // namespace

GpuProbe probe_gpus() {
  const std::string file = process_variable("DPLAUNCH_NVML_LIBRARY").value_or(kDefaultLibrary);
  GpuProbe probe;
  const Library library(::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL));
  if (!library) {
    probe.note = file + " (NVIDIA's driver library) cannot be loaded: " + ::dlerror();
    return probe;
  }
  probe.has_library = true;
  nvml::Functions functions{};
  if (const std::string missing = find_functions(library.get(), functions); !missing.empty()) {
    probe.note = file + " has no function " + missing + ": the driver is too old";
    return probe;
  }
  if (const auto code = functions.nvmlInit_v2(); code != nvml::kSuccess) {
    probe.note = file + " is there, but the driver answered: " + functions.nvmlErrorString(code);
    return probe;
  }
  const Session session(functions);
  probe.driver_version = session.driver_version();
  unsigned count = 0;
  if (const auto code = functions.nvmlDeviceGetCount_v2(&count); code != nvml::kSuccess) {
    probe.note = file + ": the driver cannot count its GPUs: " + functions.nvmlErrorString(code);
    return probe;
  }
  for (unsigned index = 0; index < count; ++index) session.describe(index, probe.gpus);
  if (probe.gpus.empty()) {
    probe.note = "the driver " + probe.driver_version + " is running, but lists no GPU";
  }
  return probe;
}

}  // namespace dplaunch
