#pragma once

#include <ATen/core/Tensor.h>

/// BatchNorm over [n, c, h, w], an addition and ReLU in one,
///   y = relu((x - mean) / sqrt(var + epsilon) * weight + bias + addend),
/// with the same results as ATen's operators one after the other, but for rounding. One
/// implementation for each device, as of device.h. Gradients by the formulas of Ioffe and Szegedy
/// (arXiv 1502.03167). Nothing here is recorded for autograd: that is worker/model/fused_norm.h.
namespace dplaunch::device {

/// Whether `fused_norm: auto` means on: where it was seen to be right.
bool is_norm_fused_by_default();

struct NormCall {
  at::Tensor x;             ///< channels_last; fp32, bf16, or fp64
  at::Tensor addend;        ///< of x's type and shape; undefined = none
  at::Tensor weight, bias;  ///< [c], fp32; fp64 for an x of fp64. So are all values a channel
  double epsilon = 0;
  bool relu = false;
};

/// Running statistics, which a training's call changes as torch.nn.BatchNorm2d does.
struct RunningStatistics {
  at::Tensor mean, var;
  double momentum = 0;  ///< share of the new value
};

struct NormResult {
  at::Tensor out;                          ///< as x
  at::Tensor mean, inv_std, scale, shift;  ///< [c]; y = relu(x * scale + shift + addend)
};

/// What the gradients are made of.
struct NormBackward {
  at::Tensor grad;   ///< of y
  at::Tensor other;  ///< a second one, to be added to it; undefined = none
  /// Nobody else needs `grad`: a result may take its memory, which is cached where it was read.
  bool may_overwrite_grad = false;
  at::Tensor x, mean, inv_std, scale, shift;
  at::Tensor out;  ///< y, where both ReLU and an addend were; else undefined
  bool relu = false;
  bool has_addend = false;
};

struct NormGradients {
  at::Tensor x, weight, bias;
  at::Tensor addend;  ///< undefined without an addend
};

/// With the batch's own statistics.
NormResult norm_training(const NormCall& call, const RunningStatistics& running);

/// With the running statistics, which stay.
at::Tensor norm_evaluation(const NormCall& call, const RunningStatistics& running);

NormGradients norm_backward(const NormBackward& of);

}  // namespace dplaunch::device
