#pragma once

/// The part of NVML's C interface that dplaunch uses, declared here so that building needs no CUDA
/// toolkit. Layouts and numbers are NVML's binary interface and never change within a `_vN` name.
namespace dplaunch::nvml {

using Device = void*;
using Return = int;

inline constexpr Return kSuccess = 0;
inline constexpr Return kNotSupported = 3;
inline constexpr Return kNotFound = 6;
inline constexpr Return kInsufficientSize = 7;

inline constexpr unsigned kUuidBytes = 96;
inline constexpr unsigned kNameBytes = 96;
inline constexpr unsigned kVersionBytes = 80;
inline constexpr unsigned kMigEnabled = 1;
inline constexpr unsigned long long kMemoryUnknown = ~0ULL;
inline constexpr int kTemperatureOfGpu = 0;  // nvmlTemperatureSensors_t
/// nvmlClocksEventReasons: bits that say why clocks are lower than they could be. Those that are
/// left out are no fault: nothing to do, and clocks that somebody has set.
enum ClocksEventReason : unsigned long long {
  kSwPowerCap = 0x4,
  kHwSlowdown = 0x8,  ///< also set with each of the other two of the hardware
  kSwThermalSlowdown = 0x20,
  kHwThermalSlowdown = 0x40,
  kHwPowerBrakeSlowdown = 0x80,
};
inline constexpr unsigned kMaxNvlinks = 18;     // NVML_NVLINK_MAX_LINKS; more answer an error
inline constexpr unsigned kNvlinkActive = 1;    // nvmlEnableState_t
inline constexpr unsigned kNvlinkToGpu = 0;     // nvmlIntNvLinkDeviceType_t
inline constexpr unsigned kNvlinkToSwitch = 2;  // nvmlIntNvLinkDeviceType_t

/// nvmlGpuTopologyLevel_t: the nearest thing that two GPUs have in common, near to far.
enum TopologyLevel : unsigned {
  kSameBoard = 0,
  kSingleSwitch = 10,
  kSeveralSwitches = 20,
  kHostBridge = 30,
  kNumaNode = 40,
  kSystem = 50,
};

struct Memory {
  unsigned long long total;
  unsigned long long free;
  unsigned long long used;
};

struct Utilization {
  unsigned gpu;
  unsigned memory;
};

/// nvmlPciInfo_t of nvmlDeviceGetPciInfo_v3.
struct PciInfo {
  char bus_id_legacy[16];
  unsigned domain;
  unsigned bus;
  unsigned device;
  unsigned pci_device_id;
  unsigned pci_subsystem_id;
  char bus_id[32];
};

/// nvmlProcessInfo_v2_t, which nvmlDeviceGetComputeRunningProcesses_v3 fills.
struct ProcessInfo {
  unsigned pid;
  unsigned long long used_memory;
  unsigned gpu_instance_id;
  unsigned compute_instance_id;
};

using ListProcesses = Return (*)(Device, unsigned*, ProcessInfo*);

/// The functions, under the names that the library exports. Old drivers lack those marked optional.
struct Functions {
  Return (*nvmlInit_v2)();
  Return (*nvmlShutdown)();
  const char* (*nvmlErrorString)(Return);
  Return (*nvmlSystemGetDriverVersion)(char*, unsigned);
  Return (*nvmlDeviceGetCount_v2)(unsigned*);
  Return (*nvmlDeviceGetHandleByIndex_v2)(unsigned, Device*);
  Return (*nvmlDeviceGetUUID)(Device, char*, unsigned);
  Return (*nvmlDeviceGetName)(Device, char*, unsigned);
  Return (*nvmlDeviceGetMemoryInfo)(Device, Memory*);
  Return (*nvmlDeviceGetUtilizationRates)(Device, Utilization*);
  Return (*nvmlDeviceGetPciInfo_v3)(Device, PciInfo*);
  // Optional from here on.
  ListProcesses nvmlDeviceGetComputeRunningProcesses_v3;
  ListProcesses nvmlDeviceGetGraphicsRunningProcesses_v3;
  Return (*nvmlDeviceGetPowerUsage)(Device, unsigned* milliwatts);
  Return (*nvmlDeviceGetEnforcedPowerLimit)(Device, unsigned* milliwatts);
  Return (*nvmlDeviceGetTemperature)(Device, int sensor, unsigned* degrees_celsius);
  /// nvmlDeviceGetCurrentClocksThrottleReasons of drivers before 535.
  Return (*nvmlDeviceGetCurrentClocksEventReasons)(Device, unsigned long long* reasons);
  Return (*nvmlDeviceGetMigMode)(Device, unsigned* current, unsigned* pending);
  Return (*nvmlDeviceGetMaxMigDeviceCount)(Device, unsigned*);
  Return (*nvmlDeviceGetMigDeviceHandleByIndex)(Device, unsigned, Device*);
  Return (*nvmlDeviceGetTopologyCommonAncestor)(Device, Device, unsigned* level);
  Return (*nvmlDeviceGetNvLinkState)(Device, unsigned link, unsigned* state);
  Return (*nvmlDeviceGetNvLinkRemoteDeviceType)(Device, unsigned link, unsigned* type);
  Return (*nvmlDeviceGetNvLinkRemotePciInfo_v2)(Device, unsigned link, PciInfo*);
};

}  // namespace dplaunch::nvml
