#pragma once

#include <string>

#include "worker/device/cuda_kernels/launch.h"

namespace dplaunch::cuda_kernels {

/// norm.cu as machine code ("cubin") for an architecture such as "sm_90", by NVRTC, which is taken
/// from LibTorch's wheels and needs no GPU. Throws Error(kDevice) with the compiler's log.
std::string compile(const Variant& variant, const std::string& architecture);

/// The same from the user's cache folder ($XDG_CACHE_HOME/dplaunch/kernels, or below ~/.cache), or
/// compiled and put there. The name holds a digest of source, options and NVRTC's version; ranks
/// that do so at once do no harm. A folder that cannot be written costs only the time.
std::string compile_or_find(const Variant& variant, const std::string& architecture);

}  // namespace dplaunch::cuda_kernels
