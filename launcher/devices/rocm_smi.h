#pragma once

#include "launcher/devices/gpu.h"

namespace dplaunch {

/// Asks ROCm SMI, which is loaded at run time. Never throws for a machine without AMD GPUs or
/// without ROCm: `note` says what was found instead. Lists the GPUs that the kernel's compute
/// driver knows, in the order in which HIP counts them. No machine with such a GPU has run this.
GpuProbe probe_rocm_smi();

}  // namespace dplaunch
