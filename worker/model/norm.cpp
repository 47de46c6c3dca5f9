#include "worker/model/norm.h"

#include <ATen/ops/batch_norm.h>
#include <ATen/ops/group_norm.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>

#include <numeric>
#include <utility>

#include "worker/model/fused_norm.h"

namespace dplaunch {
namespace {

// The defaults of torch.nn.BatchNorm2d and torch.nn.GroupNorm.
constexpr double kMomentum = 0.1;
constexpr double kEpsilon = 1e-5;
constexpr std::int64_t kMaxGroups = 8;

}  // namespace

NormImpl::NormImpl(const std::string& kind, bool is_fused, std::int64_t channels)
    : is_fused_(is_fused) {
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
  if (can_fuse(input)) return fused(input, {}, /*relu=*/false).main;
  return at::batch_norm(input, weight_, bias_, running_mean_, running_var_, is_training(),
                        kMomentum, kEpsilon, /*cudnn_enabled=*/true);
}

Activation NormImpl::with_relu(const at::Tensor& input, const at::Tensor& addend) {
  if (can_fuse(input)) return fused(input, addend, /*relu=*/true);
  at::Tensor out = forward(input);
  if (addend.defined()) out.add_(addend);
  out.relu_();
  return {out, out};
}

bool NormImpl::can_fuse(const at::Tensor& input) const {
  return is_fused_ && groups_ == 0 && input.is_contiguous(at::MemoryFormat::ChannelsLast);
}

Activation NormImpl::fused(const at::Tensor& input, const at::Tensor& addend, bool relu) {
  auto [main, shortcut] = fused_norm({input, addend, weight_, bias_, kEpsilon, relu},
                                     {running_mean_, running_var_, kMomentum}, is_training());
  return {std::move(main), std::move(shortcut)};
}

}  // namespace dplaunch
