#include "worker/train/finite_checks.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_foreach_norm.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/stack.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "worker/report/failure.h"
#include "worker/report/result_text.h"

namespace dplaunch {
namespace {

std::string newest_checkpoint_words(const RunFolder& folder) {
  const std::string newest = folder.newest_checkpoint();
  return newest.empty() ? "there is no checkpoint before it"
                        : "the last good checkpoint is " + newest;
}

/// The images of one step of this rank, the first few by number.
std::string image_words(const std::vector<std::int64_t>& order, std::int64_t step,
                        std::int64_t bsize) {
  constexpr std::int64_t kMaxShown = 16;
  std::string words;
  for (std::int64_t i = 0; i < std::min(bsize, kMaxShown); ++i) {
    words +=
        (i == 0 ? "" : ", ") + std::to_string(order[static_cast<std::size_t>(step * bsize + i)]);
  }
  return bsize > kMaxShown ? words + ", ... (" + std::to_string(bsize) + " in all)" : words;
}

/// Asks the device once, whatever the number of tensors: the largest magnitude of each is not
/// finite where one of its values is not.
bool are_finite(const std::vector<at::Tensor>& tensors) {
  const double kMaximum = std::numeric_limits<double>::infinity();
  return at::isfinite(at::stack(at::_foreach_norm(tensors, kMaximum))).all().item<bool>();
}

}  // namespace

void FiniteChecks::check_steps(std::int64_t epoch, std::optional<std::int64_t> bad_step) const {
  std::optional<Error> failure;
  if (bad_step) failure = step_error(epoch, *bad_step);
  // On the CPU every step is looked at: the rank whose loss broke fails before another computes
  // with its gradients. On a GPU the ranks look now and then, when all of them have computed with
  // them.
  if (!device_.is_cpu() && group_.size() > 1) {
    constexpr std::int64_t kNone = std::numeric_limits<std::int64_t>::max();
    const std::vector<std::int64_t> all = group_.all_gather(bad_step.value_or(kNone), device_);
    const auto first = std::ranges::min_element(all);
    if (bad_step && *bad_step > *first) {
      throw PeerFailure(ExitCode::kFailure, "rank " + std::to_string(group_.rank()) +
                                                ": ends with rank " +
                                                std::to_string(first - all.begin()) +
                                                ", whose loss is not a finite number");
    }
  }
  if (failure) throw *failure;
}

Error FiniteChecks::step_error(std::int64_t epoch, std::int64_t step) const {
  return error("the loss is not a finite number at step " + std::to_string(step + 1) +
               " of epoch " + std::to_string(epoch + 1) + ", on the training images " +
               image_words(sampler_.indices(epoch), step, sampler_.batch_per_rank()));
}

void FiniteChecks::check_parameters(ResNet& model, std::int64_t steps_done) const {
  const at::NoGradGuard no_grad;
  std::vector<std::string> names;
  std::vector<at::Tensor> tensors;
  for (const auto& [name, tensor] : model_state(model)) {
    if (!tensor.is_floating_point()) continue;
    names.push_back(name);
    tensors.push_back(tensor);
  }
  if (are_finite(tensors)) return;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (are_finite({tensors[i]})) continue;
    throw error(names[i] + " is not finite after step " + std::to_string(steps_done) +
                ", and is not written into a checkpoint");
  }
}

void FiniteChecks::check_evaluation(const TestMetrics& metrics, std::int64_t steps_done) const {
  if (std::isfinite(metrics.loss)) return;
  throw error("the loss is " + fixed(metrics.loss, 4) + " on the evaluated images after step " +
              std::to_string(steps_done) + ", whose update broke the parameters");
}

Error FiniteChecks::error(const std::string& what) const {
  return Error(ExitCode::kFailure,
               "rank " + std::to_string(group_.rank()) + ": " + what + "; " +
                   newest_checkpoint_words(folder_),
               "lower lr, set warmup_epochs or clip_grad_norm, then go on with --resume");
}

}  // namespace dplaunch
