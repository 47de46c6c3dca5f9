#pragma once

#include <vector>

#include "launcher/devices/gpu.h"

namespace dplaunch {

/// Asks NVML, which is loaded at run time and makes no CUDA context. Never throws for a machine
/// without GPUs or without a driver: `note` says what was found instead. The environment variable
/// DPLAUNCH_NVML_LIBRARY names another library file (for tests, and for drivers in odd places).
GpuProbe probe_nvml();

/// Asks NVML about each pair of GPUs that answers. Empty without a driver or a second GPU. Costs
/// some 20 calls into the driver per GPU: for those who want to see it, not for every start.
std::vector<GpuLink> probe_nvml_links();

}  // namespace dplaunch
