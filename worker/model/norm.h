#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include <cstdint>
#include <string>

namespace dplaunch {

/// The buffer of each "batch" layer, int64 [], that says how many batches it has seen in training.
inline constexpr const char* kBatchCounter = "num_batches_tracked";

/// What a layer hands on to two users: the same values twice. Where a fused layer made them, the
/// gradients of the two come back to it apart, and it adds them up while it reads them anyway;
/// autograd would write their sum to memory first.
struct Activation {
  at::Tensor main, shortcut;
};

/// Normalisation of [n, c, h, w] over the batch ("batch", with running statistics for evaluation)
/// or over groups of channels of one image ("group": no image sees another). Parameters and
/// buffers have the names and defaults of torch.nn.BatchNorm2d and torch.nn.GroupNorm. The batches
/// are counted by the model (ResNetImpl::forward), for all its layers at once.
class NormImpl : public torch::nn::Module {
 public:
  /// `is_fused`: what follows in with_relu() is done in the same passes over memory, where the
  /// input is channels_last and over the batch; the results differ by rounding.
  NormImpl(const std::string& kind, bool is_fused, std::int64_t channels);
  at::Tensor forward(const at::Tensor& input);
  /// relu(forward(input) + addend); an undefined addend is none.
  Activation with_relu(const at::Tensor& input, const at::Tensor& addend = {});

 private:
  bool can_fuse(const at::Tensor& input) const;
  Activation fused(const at::Tensor& input, const at::Tensor& addend, bool relu);

  bool is_fused_;
  std::int64_t groups_ = 0;  ///< 0 = batch
  at::Tensor weight_, bias_;
  at::Tensor running_mean_, running_var_;
};
TORCH_MODULE(Norm);

}  // namespace dplaunch
