#pragma once

#include <cstddef>
#include <cstdint>

/// The part of ROCm SMI's C interface that dplaunch uses, declared here so that building needs no
/// ROCm. It counts GPUs by itself and takes plain numbers: unlike AMD SMI's, whose structures grew,
/// none of these functions has changed from ROCm 6.1 to 7.
namespace dplaunch::rocm_smi {

using Return = unsigned;  ///< rsmi_status_t

inline constexpr Return kSuccess = 0;
inline constexpr Return kNotSupported = 2;
inline constexpr Return kInsufficientSize = 11;

inline constexpr std::uint64_t kNoFlags = 0;  // of rsmi_init: AMD's GPUs alone
inline constexpr unsigned kTextBytes = 256;
inline constexpr unsigned kDriver = 0;              // rsmi_sw_component_t
inline constexpr unsigned kMemoryOfGpu = 0;         // rsmi_memory_type_t: VRAM
inline constexpr unsigned kEdge = 0;                // rsmi_temperature_type_t
inline constexpr unsigned kJunction = 1;            // the same; some GPUs have this one alone
inline constexpr unsigned kCurrentTemperature = 0;  // rsmi_temperature_metric_t
inline constexpr std::uint64_t kNoUniqueId = 0;     // what a GPU without one may answer
inline constexpr unsigned kFirstSensor = 0;

/// rsmi_process_info_t.
struct ProcessInfo {
  std::uint32_t pid;
  std::uint32_t pasid;
  std::uint64_t memory_bytes;
  std::uint64_t sdma_us;
  std::uint32_t compute_unit_percent;
};

/// The functions, under the names that the library exports; the first argument is the GPU's number
/// in the library's own count. Old libraries lack those marked optional.
struct Functions {
  Return (*rsmi_init)(std::uint64_t flags);
  Return (*rsmi_shut_down)();
  Return (*rsmi_status_string)(Return, const char** text);
  Return (*rsmi_version_str_get)(unsigned component, char* text, std::uint32_t size_bytes);
  Return (*rsmi_num_monitor_devices)(std::uint32_t* count);
  /// Of the kernel's compute driver (KFD). HIP counts GPUs in its order.
  Return (*rsmi_dev_node_id_get)(std::uint32_t gpu, std::uint32_t* node);
  Return (*rsmi_dev_name_get)(std::uint32_t gpu, char* name, std::size_t size_bytes);
  Return (*rsmi_dev_unique_id_get)(std::uint32_t gpu, std::uint64_t* id);
  /// Domain in bits 63 to 32, bus in 15 to 8, device in 7 to 3, function in 2 to 0.
  Return (*rsmi_dev_pci_id_get)(std::uint32_t gpu, std::uint64_t* place);
  Return (*rsmi_dev_memory_total_get)(std::uint32_t gpu, unsigned type, std::uint64_t* bytes);
  Return (*rsmi_dev_memory_usage_get)(std::uint32_t gpu, unsigned type, std::uint64_t* bytes);
  Return (*rsmi_dev_busy_percent_get)(std::uint32_t gpu, std::uint32_t* percent);
  // Optional from here on.
  Return (*rsmi_dev_market_name_get)(std::uint32_t gpu, char* name, std::uint32_t size_bytes);
  Return (*rsmi_dev_power_get)(std::uint32_t gpu, std::uint64_t* microwatts, unsigned* type);
  Return (*rsmi_dev_power_cap_get)(std::uint32_t gpu, std::uint32_t sensor,
                                   std::uint64_t* microwatts);
  Return (*rsmi_dev_temp_metric_get)(std::uint32_t gpu, std::uint32_t sensor, unsigned metric,
                                     std::int64_t* millidegrees);
  /// Of all GPUs. With nullptr it only counts them.
  Return (*rsmi_compute_process_info_get)(ProcessInfo*, std::uint32_t* count);
  Return (*rsmi_compute_process_gpus_get)(std::uint32_t pid, std::uint32_t* gpus,
                                          std::uint32_t* count);
};

}  // namespace dplaunch::rocm_smi
