#include "worker/device/cpu_kernels/norm_kernels.h"

#include <ATen/Version.h>

#include <string>

namespace dplaunch::cpu_kernels {
namespace {

NormKernelSet choose() {
  const std::string capability = at::get_cpu_capability();
  if (capability == "AVX512") return norm_kernels_avx512();
  if (capability == "AVX2") return norm_kernels_avx2();
  return norm_kernels_baseline();
}

}  // namespace

const NormKernelSet& norm_kernels() {
  static const NormKernelSet kernels = choose();
  return kernels;
}

}  // namespace dplaunch::cpu_kernels
