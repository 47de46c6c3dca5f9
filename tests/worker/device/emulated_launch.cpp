#include "emulated_variant.h"

namespace dplaunch::cuda_kernels {

void launch(const Variant& variant, const std::string& kernel, Size grid, Size block,
            void** arguments) {
  emulated::Launch* const of_bf16 = variant.vector == 8 ? emulated::bf16_8 : emulated::bf16_1;
  emulated::Launch* const of_fp32 = variant.vector == 8 ? emulated::fp32_8 : emulated::fp32_1;
  (variant.is_bf16 ? of_bf16 : of_fp32)(kernel, grid, block, arguments);
}

}  // namespace dplaunch::cuda_kernels
