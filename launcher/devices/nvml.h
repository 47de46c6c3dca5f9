#pragma once

#include <string>
#include <vector>

#include "launcher/devices/gpu.h"

namespace dplaunch {

/// What the NVIDIA driver says is in this machine.
struct GpuProbe {
  std::vector<Gpu> gpus;       ///< in NVML's order; a GPU in MIG mode appears as its instances
  bool has_library = false;    ///< NVIDIA's driver library is there, whether it works or not
  std::string driver_version;  ///< empty without a driver
  std::string note;            ///< what was probed and what came of it; set when `gpus` is empty
};

/// Asks NVML, which is loaded at run time and makes no CUDA context. Never throws for a machine
/// without GPUs or without a driver: `note` says what was found instead. The environment variable
/// DPLAUNCH_NVML_LIBRARY names another library file (for tests, and for drivers in odd places).
GpuProbe probe_gpus();

}  // namespace dplaunch
