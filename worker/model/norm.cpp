#include "worker/model/norm.h"

#include <ATen/ops/batch_norm.h>
#include <ATen/ops/group_norm.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>

#include <numeric>

namespace dplaunch {
namespace {

// The defaults of torch.nn.BatchNorm2d and torch.nn.GroupNorm.
constexpr double kMomentum = 0.1;
constexpr double kEpsilon = 1e-5;
constexpr std::int64_t kMaxGroups = 8;

}  // namespace

NormImpl::NormImpl(const std::string& kind, std::int64_t channels) {
  weight_ = register_parameter("weight", at::ones({channels}));
  bias_ = register_parameter("bias", at::zeros({channels}));
  if (kind == "group") {
    groups_ = std::gcd(kMaxGroups, channels);
    return;
  }
  running_mean_ = register_buffer("running_mean", at::zeros({channels}));
  running_var_ = register_buffer("running_var", at::ones({channels}));
  register_buffer(kBatchCounter, at::zeros({}, at::kLong));
}

at::Tensor NormImpl::forward(const at::Tensor& input) {
  if (groups_ > 0) return at::group_norm(input, groups_, weight_, bias_, kEpsilon);
  return at::batch_norm(input, weight_, bias_, running_mean_, running_var_, is_training(),
                        kMomentum, kEpsilon, /*cudnn_enabled=*/true);
}

}  // namespace dplaunch
