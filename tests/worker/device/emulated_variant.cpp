// The kernels for one element type and vector, which are the compiler's definitions.
#include "emulated_variant.h"

#include "emulated_gpu.h"
#include "worker/device/cuda_kernels/norm.cu"

namespace emulated {

void DPLAUNCH_VARIANT(const std::string& kernel, dplaunch::cuda_kernels::Size grid,
                      dplaunch::cuda_kernels::Size block, void** arguments) {
  const auto run = [&](auto function) { emulate(function, grid, block, arguments); };
  if (kernel == "norm_moments") return run(norm_moments);
  if (kernel == "norm_finish") return run(norm_finish);
  if (kernel == "norm_apply") return run(norm_apply);
  if (kernel == "norm_gradient_sums") return run(norm_gradient_sums);
  if (kernel == "norm_gradient_finish") return run(norm_gradient_finish);
  if (kernel == "norm_gradient_apply") return run(norm_gradient_apply);
  throw std::invalid_argument("no kernel " + kernel);
}

}  // namespace emulated
