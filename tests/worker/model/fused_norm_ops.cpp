// The fused BatchNorm as an operator for Python: torch.ops.OPERATORS.fused_norm.
#include <torch/library.h>

#include <optional>
#include <tuple>

#include "worker/model/fused_norm.h"

namespace {

std::tuple<at::Tensor, at::Tensor> fused_norm(const at::Tensor& x,
                                              const std::optional<at::Tensor>& addend,
                                              const at::Tensor& weight, const at::Tensor& bias,
                                              const at::Tensor& running_mean,
                                              const at::Tensor& running_var, bool is_training,
                                              bool relu) {
  return dplaunch::fused_norm(
      {x, addend.value_or(at::Tensor()), weight, bias, /*epsilon=*/1e-5, relu},
      {running_mean, running_var, /*momentum=*/0.1}, is_training);
}

}  // namespace

TORCH_LIBRARY(OPERATORS, library) {
  library.def("fused_norm", fused_norm);
}
