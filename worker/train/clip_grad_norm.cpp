#include "worker/train/clip_grad_norm.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/_foreach_norm.h>
#include <ATen/ops/stack.h>

namespace dplaunch {
namespace {

/// Of torch.nn.utils.clip_grad_norm_: the quotient stays finite for a zero gradient.
constexpr double kClipEpsilon = 1e-6;

}  // namespace

void clip_grad_norm(const std::vector<at::Tensor>& gradients, double max_norm) {
  const at::NoGradGuard no_grad;
  const at::Tensor norm = at::stack(at::_foreach_norm(gradients, 2)).norm();
  const at::Tensor scale = (max_norm / (norm + kClipEpsilon)).clamp_max(1);
  at::_foreach_mul_(gradients, scale);
}

}  // namespace dplaunch
