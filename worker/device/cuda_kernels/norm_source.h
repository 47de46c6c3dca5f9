#pragma once

#include <string>

namespace dplaunch::cuda_kernels {

/// The text of norm.cu, which is compiled where the GPU is known.
const std::string& norm_source();

}  // namespace dplaunch::cuda_kernels
