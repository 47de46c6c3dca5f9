#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include <cstdint>
#include <string>

namespace dplaunch {

/// The buffer of each "batch" layer, int64 [], that says how many batches it has seen in training.
inline constexpr const char* kBatchCounter = "num_batches_tracked";

/// Normalisation of [n, c, h, w] over the batch ("batch", with running statistics for evaluation)
/// or over groups of channels of one image ("group": no image sees another). Parameters and
/// buffers have the names and defaults of torch.nn.BatchNorm2d and torch.nn.GroupNorm. The batches
/// are counted by the model (ResNetImpl::forward), for all its layers at once.
class NormImpl : public torch::nn::Module {
 public:
  NormImpl(const std::string& kind, std::int64_t channels);
  at::Tensor forward(const at::Tensor& input);

 private:
  std::int64_t groups_ = 0;  ///< 0 = batch
  at::Tensor weight_, bias_;
  at::Tensor running_mean_, running_var_;
};
TORCH_MODULE(Norm);

}  // namespace dplaunch
