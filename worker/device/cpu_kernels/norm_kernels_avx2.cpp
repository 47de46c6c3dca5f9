#include "worker/device/cpu_kernels/norm_kernels_impl.h"

namespace dplaunch::cpu_kernels {

NormKernelSet norm_kernels_avx2() {
  return make_norm_kernel_set<32>();
}

}  // namespace dplaunch::cpu_kernels
