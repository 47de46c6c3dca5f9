#include "worker/model/resnet.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/adaptive_avg_pool2d.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/empty.h>

#include <cmath>
#include <optional>

#include "common/data_set.h"
#include "worker/device/fused_norm.h"

namespace dplaunch {
namespace {

namespace nn = torch::nn;

/// The weights' gradient of a strided 1x1 convolution in channels_last writes beyond its memory on
/// the CPU where there are fewer channels than oneDNN's block: 8 with AVX2, 16 with AVX-512
/// (github.com/uxlfoundation/oneDNN/issues/6035). There, the pixels that the stride leaves are
/// taken first.
constexpr std::int64_t kOneDnnBlock = 16;

nn::Conv2d convolution(std::int64_t in, std::int64_t out, std::int64_t kernel,
                       std::int64_t stride) {
  return nn::Conv2d(
      nn::Conv2dOptions(in, out, kernel).stride(stride).padding(kernel / 2).bias(false));
}

bool is_norm_fused(const Config& config) {
  if (memory_format(config) != at::MemoryFormat::ChannelsLast) return false;
  if (config.fused_norm == "auto") return device::is_norm_fused_by_default();
  return config.fused_norm == "on";
}

ResNetImpl::Shape shape_of(const Config& config) {
  ResNetImpl::Shape shape{{2, 2, 2, 2}, 64, cifar100::kClasses, config.norm, is_norm_fused(config)};
  if (config.model == "resnet34") shape.blocks = {3, 4, 6, 3};
  if (config.model == "resnet20") {
    shape.blocks = {3, 3, 3};
    shape.width = 16;
  }
  if (config.width > 0) shape.width = config.width;
  return shape;
}

/// Convolutions: normal with variance 2 / fan_out (He et al., arXiv 1502.01852); the linear layer:
/// uniform within 1 / sqrt(fan_in), as torch.nn.Linear. One generator, in the parameters' order.
void initialize(ResNetImpl& model, std::uint64_t seed) {
  const at::NoGradGuard no_grad;
  const at::Generator generator = at::detail::createCPUGenerator(seed);
  for (const auto& item : model.named_parameters()) {
    at::Tensor values = item.value();
    if (values.dim() == 4) {
      const double fan_out = static_cast<double>(values.size(0) * values.size(2) * values.size(3));
      values.normal_(0, std::sqrt(2 / fan_out), generator);
    } else if (values.dim() == 2) {
      const double bound = 1 / std::sqrt(static_cast<double>(values.size(1)));
      values.uniform_(-bound, bound, generator);
      at::Tensor bias = model.named_parameters()["fc.bias"];
      bias.uniform_(-bound, bound, generator);
    }
  }
}

}  // namespace

BasicBlockImpl::BasicBlockImpl(std::int64_t in_channels, std::int64_t channels, std::int64_t stride,
                               const std::function<Norm(std::int64_t)>& make_norm) {
  conv1_ = register_module("conv1", convolution(in_channels, channels, 3, stride));
  bn1_ = register_module("bn1", make_norm(channels));
  conv2_ = register_module("conv2", convolution(channels, channels, 3, 1));
  bn2_ = register_module("bn2", make_norm(channels));
  if (stride == 1 && in_channels == channels) return;
  // A Sequential only for the names downsample.0 and downsample.1.
  shortcut_conv_ = convolution(in_channels, channels, 1, stride);
  shortcut_norm_ = make_norm(channels);
  register_module("downsample", nn::Sequential(shortcut_conv_, shortcut_norm_));
}

Activation BasicBlockImpl::forward(const Activation& input) {
  const at::Tensor out = bn1_->with_relu(conv1_(input.main)).main;
  return bn2_->with_relu(conv2_(out), shortcut(input.shortcut));
}

at::Tensor BasicBlockImpl::shortcut(const at::Tensor& input) {
  if (shortcut_conv_.is_empty()) return input;
  const std::int64_t stride = shortcut_conv_->options.stride()->at(0);
  if (!input.is_cpu() || stride == 1 || input.size(1) >= kOneDnnBlock) {
    return shortcut_norm_(shortcut_conv_(input));
  }
  const at::Tensor kept = input.slice(2, 0, std::nullopt, stride)
                              .slice(3, 0, std::nullopt, stride)
                              .contiguous(input.suggest_memory_format());
  return shortcut_norm_(at::conv2d(kept, shortcut_conv_->weight));
}

ResNetImpl::ResNetImpl(const Shape& shape) {
  conv1_ = register_module("conv1", convolution(cifar100::kChannels, shape.width, 3, 1));
  const auto make_norm = [&](std::int64_t channels) {
    return Norm(shape.norm, shape.fused_norm, channels);
  };
  bn1_ = register_module("bn1", make_norm(shape.width));
  std::int64_t in_channels = shape.width;
  for (size_t stage = 0; stage < shape.blocks.size(); ++stage) {
    const std::int64_t channels = shape.width << stage;
    nn::Sequential blocks;
    for (std::int64_t block = 0; block < shape.blocks[stage]; ++block) {
      const std::int64_t stride = stage > 0 && block == 0 ? 2 : 1;
      blocks->push_back(BasicBlock(in_channels, channels, stride, make_norm));
      in_channels = channels;
    }
    stages_.push_back(register_module("layer" + std::to_string(stage + 1), blocks));
  }
  fc_ = register_module("fc", nn::Linear(in_channels, shape.classes));
  for (const auto& item : named_buffers()) {
    if (item.key().ends_with(kBatchCounter)) batch_counters_.push_back(item.value());
  }
}

at::Tensor ResNetImpl::forward(const at::Tensor& images) {
  if (is_training()) count_batch();
  Activation out = bn1_->with_relu(conv1_(images));
  for (nn::Sequential& stage : stages_) out = stage->forward<Activation>(out);
  return fc_(at::adaptive_avg_pool2d(out.main, {1, 1}).flatten(1));
}

/// On a GPU one launch in place of one a layer.
void ResNetImpl::count_batch() {
  if (batch_counters_.empty()) return;
  const at::NoGradGuard no_grad;
  at::_foreach_add_(batch_counters_, 1);
}

std::vector<std::pair<std::string, at::Tensor>> model_state(ResNet& model) {
  std::vector<std::pair<std::string, at::Tensor>> state;
  for (const auto& item : model->named_parameters()) state.emplace_back(item.key(), item.value());
  for (const auto& item : model->named_buffers()) state.emplace_back(item.key(), item.value());
  return state;
}

at::MemoryFormat memory_format(const Config& config) {
  return config.memory_format == "contiguous" ? at::MemoryFormat::Contiguous
                                              : at::MemoryFormat::ChannelsLast;
}

ResNet make_model(const Config& config, at::Device device) {
  ResNet model(shape_of(config));
  initialize(*model, static_cast<std::uint64_t>(config.seed));
  model->to(device);
  for (at::Tensor& parameter : model->parameters()) {
    if (parameter.dim() != 4) continue;
    // Before the reducer takes the parameters, and by a copy: contiguous() would leave a 1x1 filter
    // with other strides than its gradient gets, which the reducer warns of.
    const at::Tensor values = parameter.detach();
    at::Tensor laid_out =
        at::empty(values.sizes(), values.options().memory_format(memory_format(config)));
    parameter.set_data(laid_out.copy_(values));
  }
  return model;
}

}  // namespace dplaunch
