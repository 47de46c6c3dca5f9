#pragma once

#include <string>

#include "worker/device/cuda_kernels/launch.h"

/// Each from emulated_variant.cpp, compiled for it.
namespace emulated {

using Launch = void(const std::string& kernel, dplaunch::cuda_kernels::Size grid,
                    dplaunch::cuda_kernels::Size block, void** arguments);
Launch bf16_8, bf16_1, fp32_8, fp32_1;

}  // namespace emulated
