#include "launcher/devices/nvml_library.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>

#include "common/rank_environment.h"

namespace dplaunch {
namespace {

constexpr char kDefaultFile[] = "libnvidia-ml.so.1";

template <typename Function>
bool find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
  return function != nullptr;
}

/// The name of the first function that is missing, or an empty string.
std::string find_required(void* library, nvml::Functions& f) {
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
  return missing;
}

void find_optional(void* library, nvml::Functions& f) {
  const auto optional = [&](const char* name, auto& function) { find(library, name, function); };
  optional("nvmlDeviceGetComputeRunningProcesses_v3", f.nvmlDeviceGetComputeRunningProcesses_v3);
  optional("nvmlDeviceGetGraphicsRunningProcesses_v3", f.nvmlDeviceGetGraphicsRunningProcesses_v3);
  optional("nvmlDeviceGetPowerUsage", f.nvmlDeviceGetPowerUsage);
  optional("nvmlDeviceGetEnforcedPowerLimit", f.nvmlDeviceGetEnforcedPowerLimit);
  optional("nvmlDeviceGetTemperature", f.nvmlDeviceGetTemperature);
  if (!find(library, "nvmlDeviceGetCurrentClocksEventReasons",
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

/// The loader's message for a file that is nowhere, in contrast to one that it cannot load.
bool says_missing(const std::string& loader_message) {
  return loader_message.find("No such file or directory") != std::string::npos;
}

}  // namespace

std::string forbidden_device_file(const std::filesystem::path& folder) {
  for (const char* name : {"nvidiactl", "nvidia0", "nvidia-uvm"}) {
    const std::filesystem::path file = folder / name;
    if (::faccessat(AT_FDCWD, file.c_str(), R_OK | W_OK, AT_EACCESS) == 0) continue;
    if (errno == EACCES || errno == EPERM) return file;
  }
  return {};
}

void NvmlLibrary::Close::operator()(void* library) const {
  ::dlclose(library);
}

NvmlLibrary::NvmlLibrary() {
  const std::string file = process_variable("DPLAUNCH_NVML_LIBRARY").value_or(kDefaultFile);
  library_.reset(::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL));
  if (!library_) {
    const std::string why = ::dlerror();
    is_there_ = !says_missing(why);
    problem_ = fmt::format("{} (NVIDIA's driver library) cannot be loaded: {}", file, why);
    return;
  }
  if (const std::string missing = find_required(library_.get(), functions_); !missing.empty()) {
    problem_ = fmt::format("{} has no function {}: the driver is too old", file, missing);
    return;
  }
  find_optional(library_.get(), functions_);
  if (const auto code = functions_.nvmlInit_v2(); code != nvml::kSuccess) {
    problem_ = fmt::format("{} is there, but the driver answered: {}", file,
                           functions_.nvmlErrorString(code));
    const std::string forbidden = forbidden_device_file();
    if (!forbidden.empty()) {
      problem_ += fmt::format("; this user may not read and write {}", forbidden);
    }
  }
}

NvmlLibrary::~NvmlLibrary() {
  if (problem_.empty()) functions_.nvmlShutdown();
}

}  // namespace dplaunch
