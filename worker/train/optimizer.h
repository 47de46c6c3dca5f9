#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "common/config/config.h"

namespace dplaunch {

/// A number; or a tensor [] that is read when the update is done, not when it is asked for: fp32 on
/// the parameters' GPU, fp64 or fp32 on the CPU.
using LearningRate = std::variant<double, at::Tensor>;

using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;

/// Updates parameters from their gradients with ATen's fused kernels. Not thread-safe.
class Optimizer {
 public:
  virtual ~Optimizer() = default;
  /// One update at learning rate `lr`. Every parameter must have a gradient.
  virtual void step(const LearningRate& lr) = 0;
  /// What a checkpoint must hold besides the parameters; the tensors are the live ones, so that
  /// loading is copying into them. Names: "momentum_buffer.<parameter>", "exp_avg.<parameter>", ...
  virtual NamedTensors state() const = 0;
};

/// The optimizer that the configuration names (sgd: Sutskever et al. 2013; adam: arXiv 1412.6980;
/// adamw: arXiv 1711.05101), over named parameters. Parameters of one dimension (normalisation
/// and biases) are not decayed unless the configuration asks for it.
std::unique_ptr<Optimizer> make_optimizer(const Config& config, const NamedTensors& parameters);

}  // namespace dplaunch
