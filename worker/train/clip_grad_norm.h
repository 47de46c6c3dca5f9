#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

namespace dplaunch {

/// Scales the gradients so that their norm over all of them is at most `max_norm` (Pascanu et al.,
/// arXiv 1211.5063), as torch.nn.utils.clip_grad_norm_ does; nothing waits for the device. The
/// gradients are those averaged over the ranks, so every rank scales alike.
void clip_grad_norm(const std::vector<at::Tensor>& gradients, double max_norm);

}  // namespace dplaunch
