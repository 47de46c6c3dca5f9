#pragma once

#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/pimpl.h>

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "common/config/config.h"
#include "worker/model/norm.h"

namespace dplaunch {

/// Two 3x3 convolutions with a shortcut (He et al., arXiv 1512.03385). Names as in the common
/// PyTorch ResNets: conv1 bn1 conv2 bn2 downsample.0 downsample.1.
class BasicBlockImpl : public torch::nn::Module {
 public:
  /// `make_norm(channels)` makes its normalisation layers.
  BasicBlockImpl(std::int64_t in_channels, std::int64_t channels, std::int64_t stride,
                 const std::function<Norm(std::int64_t)>& make_norm);
  Activation forward(const Activation& input);

 private:
  at::Tensor shortcut(const at::Tensor& input);

  torch::nn::Conv2d conv1_{nullptr}, conv2_{nullptr};
  Norm bn1_{nullptr}, bn2_{nullptr};
  torch::nn::Conv2d shortcut_conv_{nullptr};  ///< only where the shape changes
  Norm shortcut_norm_{nullptr};
};
TORCH_MODULE(BasicBlock);

/// A residual network for 32x32 images: a 3x3 stem without pooling, stages of basic blocks, each
/// but the first halving the side and doubling the channels, global average pooling, one linear
/// layer. Names: conv1 bn1 layerS.B.* fc.
class ResNetImpl : public torch::nn::Module {
 public:
  struct Shape {
    std::vector<std::int64_t> blocks;  ///< per stage
    std::int64_t width;                ///< channels of the first stage
    std::int64_t classes;
    std::string norm;  ///< "batch" or "group"
    bool fused_norm;   ///< normalisation, addition and ReLU in one (worker/model/norm.h)
  };
  explicit ResNetImpl(const Shape& shape);
  /// Images [n, 3, 32, 32] -> logits [n, classes].
  at::Tensor forward(const at::Tensor& images);

 private:
  void count_batch();

  torch::nn::Conv2d conv1_{nullptr};
  Norm bn1_{nullptr};
  std::vector<torch::nn::Sequential> stages_;
  torch::nn::Linear fc_{nullptr};
  std::vector<at::Tensor> batch_counters_;  ///< of all Norm layers; the tensors that they hold
};
TORCH_MODULE(ResNet);

/// The network that the configuration names, with weights drawn from `config.seed` alone, on the
/// device and in the memory format that the configuration asks for.
ResNet make_model(const Config& config, at::Device device);

/// Parameters and buffers under the names of state_dict().
std::vector<std::pair<std::string, at::Tensor>> model_state(ResNet& model);

/// channels_last unless the configuration says otherwise.
at::MemoryFormat memory_format(const Config& config);

}  // namespace dplaunch
