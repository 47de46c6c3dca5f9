#include "launcher/devices/rocm_smi_library.h"

#include <fmt/core.h>

#include <filesystem>
#include <vector>

#include "common/rank_environment.h"

namespace dplaunch {
namespace {

constexpr char kVariable[] = "DPLAUNCH_ROCM_SMI_LIBRARY";

/// ROCm 7 and 6 in the loader's path, then where ROCm installs itself, which the loader need not
/// know.
std::vector<std::string> files() {
  if (const auto named = process_variable(kVariable)) return {*named};
  std::vector<std::string> files;
  for (const char* folder : {"", "/opt/rocm/lib/"}) {
    for (const char* name : {"librocm_smi64.so.1", "librocm_smi64.so.7", "librocm_smi64.so"}) {
      files.push_back(std::string(folder) + name);
    }
  }
  return files;
}

void find_functions(LoadedLibrary& library, rocm_smi::Functions& f) {
  library.require("rsmi_init", f.rsmi_init);
  library.require("rsmi_shut_down", f.rsmi_shut_down);
  library.require("rsmi_status_string", f.rsmi_status_string);
  library.require("rsmi_version_str_get", f.rsmi_version_str_get);
  library.require("rsmi_num_monitor_devices", f.rsmi_num_monitor_devices);
  library.require("rsmi_dev_node_id_get", f.rsmi_dev_node_id_get);
  library.require("rsmi_dev_name_get", f.rsmi_dev_name_get);
  library.require("rsmi_dev_unique_id_get", f.rsmi_dev_unique_id_get);
  library.require("rsmi_dev_pci_id_get", f.rsmi_dev_pci_id_get);
  library.require("rsmi_dev_memory_total_get", f.rsmi_dev_memory_total_get);
  library.require("rsmi_dev_memory_usage_get", f.rsmi_dev_memory_usage_get);
  library.require("rsmi_dev_busy_percent_get", f.rsmi_dev_busy_percent_get);
  library.find("rsmi_dev_market_name_get", f.rsmi_dev_market_name_get);
  library.find("rsmi_dev_power_get", f.rsmi_dev_power_get);
  library.find("rsmi_dev_power_cap_get", f.rsmi_dev_power_cap_get);
  library.find("rsmi_dev_temp_metric_get", f.rsmi_dev_temp_metric_get);
  library.find("rsmi_compute_process_info_get", f.rsmi_compute_process_info_get);
  library.find("rsmi_compute_process_gpus_get", f.rsmi_compute_process_gpus_get);
}

bool has_kernel_driver() {
  std::error_code error;
  return std::filesystem::exists("/sys/module/amdgpu", error);
}

}  // namespace

RocmSmiLibrary::RocmSmiLibrary()
    : library_(files(), "AMD's ROCm SMI"),
      problem_(library_.problem()),
      has_driver_(library_.is_there() && (process_variable(kVariable) || has_kernel_driver())) {
  if (!problem_.empty()) return;
  // Without the kernel's driver there is nothing to ask about, and the library would complain.
  if (!has_driver_) {
    problem_ = library_.file() + " is there, but the kernel's driver amdgpu is not loaded";
    return;
  }
  find_functions(library_, functions_);
  if (!library_.problem().empty()) {
    problem_ = library_.problem() + ": ROCm is too old";
    return;
  }
  if (const auto code = functions_.rsmi_init(rocm_smi::kNoFlags); code != rocm_smi::kSuccess) {
    problem_ = fmt::format("{} is there, but it answered: {}", library_.file(), words_of(code));
  }
}

std::string RocmSmiLibrary::words_of(rocm_smi::Return code) const {
  const char* text = nullptr;
  const bool is_known =
      functions_.rsmi_status_string(code, &text) == rocm_smi::kSuccess && text != nullptr;
  return is_known ? text : fmt::format("error {}", code);
}

RocmSmiLibrary::~RocmSmiLibrary() {
  if (problem_.empty()) functions_.rsmi_shut_down();
}

}  // namespace dplaunch
