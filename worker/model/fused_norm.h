#pragma once

#include <ATen/core/Tensor.h>

#include <utility>

#include "worker/device/fused_norm.h"

namespace dplaunch {

/// BatchNorm, addition and ReLU of worker/device/fused_norm.h with their gradients. The result
/// comes twice, for two users (see Activation in worker/model/norm.h). Without `is_training`
/// nothing is recorded for gradients. There are no gradients of gradients.
std::pair<at::Tensor, at::Tensor> fused_norm(const device::NormCall& call,
                                             const device::RunningStatistics& running,
                                             bool is_training);

}  // namespace dplaunch
