#include "launcher/devices/nvml_library.h"

#include <fmt/core.h>

#include "common/rank_environment.h"
#include "launcher/devices/device_files.h"

namespace dplaunch {
namespace {

constexpr char kDefaultFile[] = "libnvidia-ml.so.1";

void find_required(LoadedLibrary& library, nvml::Functions& f) {
  library.require("nvmlInit_v2", f.nvmlInit_v2);
  library.require("nvmlShutdown", f.nvmlShutdown);
  library.require("nvmlErrorString", f.nvmlErrorString);
  library.require("nvmlSystemGetDriverVersion", f.nvmlSystemGetDriverVersion);
  library.require("nvmlDeviceGetCount_v2", f.nvmlDeviceGetCount_v2);
  library.require("nvmlDeviceGetHandleByIndex_v2", f.nvmlDeviceGetHandleByIndex_v2);
  library.require("nvmlDeviceGetUUID", f.nvmlDeviceGetUUID);
  library.require("nvmlDeviceGetName", f.nvmlDeviceGetName);
  library.require("nvmlDeviceGetMemoryInfo", f.nvmlDeviceGetMemoryInfo);
  library.require("nvmlDeviceGetUtilizationRates", f.nvmlDeviceGetUtilizationRates);
  library.require("nvmlDeviceGetPciInfo_v3", f.nvmlDeviceGetPciInfo_v3);
}

void find_optional(const LoadedLibrary& library, nvml::Functions& f) {
  const auto optional = [&](const char* name, auto& function) { library.find(name, function); };
  optional("nvmlDeviceGetComputeRunningProcesses_v3", f.nvmlDeviceGetComputeRunningProcesses_v3);
  optional("nvmlDeviceGetGraphicsRunningProcesses_v3", f.nvmlDeviceGetGraphicsRunningProcesses_v3);
  optional("nvmlDeviceGetPowerUsage", f.nvmlDeviceGetPowerUsage);
  optional("nvmlDeviceGetEnforcedPowerLimit", f.nvmlDeviceGetEnforcedPowerLimit);
  optional("nvmlDeviceGetTemperature", f.nvmlDeviceGetTemperature);
  if (!library.find("nvmlDeviceGetCurrentClocksEventReasons",
                    f.nvmlDeviceGetCurrentClocksEventReasons)) {
    optional("nvmlDeviceGetCurrentClocksThrottleReasons", f.nvmlDeviceGetCurrentClocksEventReasons);
  }
  optional("nvmlDeviceGetMigMode", f.nvmlDeviceGetMigMode);
  optional("nvmlDeviceGetMaxMigDeviceCount", f.nvmlDeviceGetMaxMigDeviceCount);
  optional("nvmlDeviceGetMigDeviceHandleByIndex", f.nvmlDeviceGetMigDeviceHandleByIndex);
  optional("nvmlDeviceGetTopologyCommonAncestor", f.nvmlDeviceGetTopologyCommonAncestor);
  optional("nvmlDeviceGetNvLinkState", f.nvmlDeviceGetNvLinkState);
  optional("nvmlDeviceGetNvLinkRemoteDeviceType", f.nvmlDeviceGetNvLinkRemoteDeviceType);
  optional("nvmlDeviceGetNvLinkRemotePciInfo_v2", f.nvmlDeviceGetNvLinkRemotePciInfo_v2);
}

}  // namespace

NvmlLibrary::NvmlLibrary()
    : library_({process_variable("DPLAUNCH_NVML_LIBRARY").value_or(kDefaultFile)},
               "NVIDIA's driver library"),
      problem_(library_.problem()) {
  if (!problem_.empty()) return;
  find_required(library_, functions_);
  if (!library_.problem().empty()) {
    problem_ = library_.problem() + ": the driver is too old";
    return;
  }
  find_optional(library_, functions_);
  if (const auto code = functions_.nvmlInit_v2(); code != nvml::kSuccess) {
    problem_ = fmt::format("{} is there, but the driver answered: {}", library_.file(),
                           functions_.nvmlErrorString(code));
    const std::string forbidden = forbidden_device_file({"nvidiactl", "nvidia0", "nvidia-uvm"});
    if (!forbidden.empty()) {
      problem_ += fmt::format("; this user may not read and write {}", forbidden);
    }
  }
}

NvmlLibrary::~NvmlLibrary() {
  if (problem_.empty()) functions_.nvmlShutdown();
}

}  // namespace dplaunch
