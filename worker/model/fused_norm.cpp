#include "worker/model/fused_norm.h"

#include <torch/csrc/autograd/custom_function.h>

#include <optional>
#include <utility>

namespace dplaunch {
namespace {

using device::NormCall;
using device::RunningStatistics;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// As the engine asks before it adds to a gradient in place.
bool is_ours_alone(const at::Tensor& tensor) {
  return tensor.use_count() == 1 && tensor.has_storage() && tensor.storage().use_count() == 1;
}

/// The tensors that have gradients stand apart from the rest of the call: autograd looks for them
/// among the arguments.
class FusedNorm : public torch::autograd::Function<FusedNorm> {
 public:
  static variable_list forward(AutogradContext* context, const at::Tensor& x,
                               const std::optional<at::Tensor>& addend, const at::Tensor& weight,
                               const at::Tensor& bias, double epsilon, bool relu,
                               const RunningStatistics& running) {
    const NormCall call{x, addend.value_or(at::Tensor()), weight, bias, epsilon, relu};
    const device::NormResult result = device::norm_training(call, running);
    // Whether y > 0 follows from x alone unless something was added.
    const bool needs_output = relu && addend.has_value();
    context->save_for_backward({x, result.mean, result.inv_std, result.scale, result.shift,
                                needs_output ? result.out : at::Tensor()});
    context->saved_data["relu"] = relu;
    context->saved_data["has_addend"] = addend.has_value();
    context->set_materialize_grads(false);
    // Another tensor over the same memory, and no view: autograd knows nothing of their relation.
    return {result.out, result.out.variable_data()};
  }

  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    constexpr std::size_t kArguments = 7;
    variable_list of_arguments(kArguments);
    const at::Tensor& grad = grads[0].defined() ? grads[0] : grads[1];
    if (!grad.defined()) return of_arguments;
    const variable_list saved = context->get_saved_variables();
    const device::NormGradients found =
        device::norm_backward({.grad = grad,
                               .other = grads[0].defined() ? grads[1] : at::Tensor(),
                               .may_overwrite_grad = is_ours_alone(grad),
                               .x = saved[0],
                               .mean = saved[1],
                               .inv_std = saved[2],
                               .scale = saved[3],
                               .shift = saved[4],
                               .out = saved[5],
                               .relu = context->saved_data["relu"].toBool(),
                               .has_addend = context->saved_data["has_addend"].toBool()});
    of_arguments[0] = found.x;
    of_arguments[1] = found.addend;
    of_arguments[2] = found.weight;
    of_arguments[3] = found.bias;
    return of_arguments;
  }
};

}  // namespace

std::pair<at::Tensor, at::Tensor> fused_norm(const NormCall& call, const RunningStatistics& running,
                                             bool is_training) {
  if (!is_training) {
    const at::Tensor out = device::norm_evaluation(call, running);
    return {out, out};
  }
  const std::optional<at::Tensor> addend =
      call.addend.defined() ? std::optional(call.addend) : std::nullopt;
  variable_list outputs =
      FusedNorm::apply(call.x, addend, call.weight, call.bias, call.epsilon, call.relu, running);
  return {outputs[0], outputs[1]};
}

}  // namespace dplaunch
