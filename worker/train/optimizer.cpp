#include "worker/train/optimizer.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_fused_adam.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/_fused_sgd.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

namespace dplaunch {
namespace {

// PyTorch's defaults.
constexpr double kBeta1 = 0.9;
constexpr double kBeta2 = 0.999;
constexpr double kAdamEpsilon = 1e-8;

/// Parameters that share a weight decay.
struct Group {
  double weight_decay = 0;
  std::vector<std::string> names;
  std::vector<at::Tensor> parameters;
};

std::vector<Group> make_groups(const Config& config, const NamedTensors& parameters) {
  std::vector<Group> groups(2);
  groups[0].weight_decay = config.weight_decay;
  groups[1].weight_decay = config.decay_norm_and_bias ? config.weight_decay : 0;
  for (const auto& [name, parameter] : parameters) {
    Group& group = groups[parameter.dim() > 1 ? 0 : 1];
    group.names.push_back(name);
    group.parameters.push_back(parameter);
  }
  return groups;
}

std::vector<at::Tensor> gradients(const Group& group) {
  std::vector<at::Tensor> grads;
  grads.reserve(group.parameters.size());
  for (const at::Tensor& parameter : group.parameters) grads.push_back(parameter.grad());
  return grads;
}

std::vector<at::Tensor> zeros_like_each(const std::vector<at::Tensor>& tensors) {
  std::vector<at::Tensor> zeros;
  zeros.reserve(tensors.size());
  for (const at::Tensor& tensor : tensors) zeros.push_back(at::zeros_like(tensor.detach()));
  return zeros;
}

void append_state(NamedTensors& state, const std::string& prefix, const Group& group,
                  const std::vector<at::Tensor>& tensors) {
  for (size_t i = 0; i < tensors.size(); ++i) {
    state.emplace_back(prefix + "." + group.names[i], tensors[i]);
  }
}

class FusedSgd final : public Optimizer {
 public:
  FusedSgd(const Config& config, const NamedTensors& parameters)
      : momentum_(config.momentum),
        nesterov_(config.nesterov),
        groups_(make_groups(config, parameters)) {
    buffers_.resize(groups_.size());
    // Without momentum the kernel for GPUs refuses buffers.
    if (momentum_ == 0) return;
    for (size_t i = 0; i < groups_.size(); ++i) {
      buffers_[i] = zeros_like_each(groups_[i].parameters);
    }
  }

  void step(const LearningRate& lr) override {
    const at::NoGradGuard no_grad;
    for (size_t i = 0; i < groups_.size(); ++i) {
      std::visit([&](const auto& rate) { update(i, rate); }, lr);
    }
  }

  NamedTensors state() const override {
    NamedTensors state;
    for (size_t i = 0; i < groups_.size(); ++i) {
      append_state(state, "momentum_buffer", groups_[i], buffers_[i]);
    }
    return state;
  }

 private:
  template <typename Rate>
  void update(size_t i, const Rate& lr) {
    // A zero buffer gives buffer = gradient, which is what the first step should do.
    at::_fused_sgd_(groups_[i].parameters, gradients(groups_[i]), buffers_[i],
                    groups_[i].weight_decay, momentum_, lr, /*dampening=*/0, nesterov_,
                    /*maximize=*/false, /*is_first_step=*/false);
  }

  double momentum_;
  bool nesterov_;
  std::vector<Group> groups_;
  std::vector<std::vector<at::Tensor>> buffers_;  ///< per group; none without momentum
};

class FusedAdam final : public Optimizer {
 public:
  FusedAdam(const Config& config, const NamedTensors& parameters)
      : is_decoupled_(config.optimizer == "adamw"), groups_(make_groups(config, parameters)) {
    step_ = at::zeros(
        {}, at::TensorOptions().dtype(at::kFloat).device(parameters.front().second.device()));
    for (const Group& group : groups_) {
      exp_avgs_.push_back(zeros_like_each(group.parameters));
      exp_avg_sqs_.push_back(zeros_like_each(group.parameters));
    }
  }

  void step(const LearningRate& lr) override {
    const at::NoGradGuard no_grad;
    step_.add_(1);
    for (size_t i = 0; i < groups_.size(); ++i) {
      std::visit([&](const auto& rate) { is_decoupled_ ? adamw(i, rate) : adam(i, rate); }, lr);
    }
  }

  NamedTensors state() const override {
    NamedTensors state = {{"step", step_}};
    for (size_t i = 0; i < groups_.size(); ++i) {
      append_state(state, "exp_avg", groups_[i], exp_avgs_[i]);
      append_state(state, "exp_avg_sq", groups_[i], exp_avg_sqs_[i]);
    }
    return state;
  }

 private:
  /// The kernels take a step count per parameter and only read it: all share one.
  std::vector<at::Tensor> steps(size_t i) const {
    return std::vector<at::Tensor>(groups_[i].parameters.size(), step_);
  }

  template <typename Rate>
  void adam(size_t i, const Rate& lr) {
    at::_fused_adam_(groups_[i].parameters, gradients(groups_[i]), exp_avgs_[i], exp_avg_sqs_[i],
                     {}, steps(i), lr, kBeta1, kBeta2, groups_[i].weight_decay, kAdamEpsilon,
                     /*amsgrad=*/false, /*maximize=*/false);
  }
  template <typename Rate>
  void adamw(size_t i, const Rate& lr) {
    at::_fused_adamw_(groups_[i].parameters, gradients(groups_[i]), exp_avgs_[i], exp_avg_sqs_[i],
                      {}, steps(i), lr, kBeta1, kBeta2, groups_[i].weight_decay, kAdamEpsilon,
                      /*amsgrad=*/false, /*maximize=*/false);
  }

  bool is_decoupled_;
  std::vector<Group> groups_;
  at::Tensor step_;                                              ///< updates done
  std::vector<std::vector<at::Tensor>> exp_avgs_, exp_avg_sqs_;  ///< per group
};

}  // namespace

std::unique_ptr<Optimizer> make_optimizer(const Config& config, const NamedTensors& parameters) {
  if (config.optimizer == "sgd") return std::make_unique<FusedSgd>(config, parameters);
  return std::make_unique<FusedAdam>(config, parameters);
}

}  // namespace dplaunch
