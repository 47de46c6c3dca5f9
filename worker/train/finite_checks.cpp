#include "worker/train/finite_checks.h"

#include <ATen/ops/isfinite.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <vector>

#include "base/error.h"
#include "worker/report/failure.h"
#include "worker/report/log.h"

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
  constexpr std::int64_t kMostShown = 16;
  std::string words;
  for (std::int64_t i = 0; i < std::min(bsize, kMostShown); ++i) {
    words +=
        (i == 0 ? "" : ", ") + std::to_string(order[static_cast<std::size_t>(step * bsize + i)]);
  }
  return bsize > kMostShown ? words + ", ... (" + std::to_string(bsize) + " in all)" : words;
}

}  // namespace

Error FiniteChecks::step_error(std::int64_t epoch, std::int64_t step,
                               const EpochSampler& sampler) const {
  return error("the loss is not a finite number at step " + std::to_string(step + 1) +
               " of epoch " + std::to_string(epoch + 1) + ", on the training images " +
               image_words(sampler.indices(epoch), step, config_.bsize));
}

void FiniteChecks::end_with_rank(int first) const {
  throw PeerFailure(ExitCode::kFailure, "rank " + std::to_string(rank_) + ": ends with rank " +
                                            std::to_string(first) +
                                            ", whose loss is not a finite number");
}

void FiniteChecks::check_parameters(ResNet& model, std::int64_t steps_done) const {
  for (const auto& [name, tensor] : model_state(model)) {
    if (at::isfinite(tensor).all().item<bool>()) continue;
    throw error(name + " is not finite after step " + std::to_string(steps_done) +
                ", and is not written into a checkpoint");
  }
}

void FiniteChecks::check_evaluation(const TestMetrics& metrics, std::int64_t steps_done) const {
  if (std::isfinite(metrics.loss)) return;
  throw error("the loss is " + fixed(metrics.loss, 4) + " on the evaluated images after step " +
              std::to_string(steps_done) + ", whose update broke the parameters");
}

Error FiniteChecks::error(const std::string& what) const {
  return Error(
      ExitCode::kFailure,
      "rank " + std::to_string(rank_) + ": " + what + "; " + newest_checkpoint_words(folder_),
      "lower lr, set warmup_epochs or clip_grad_norm, then go on with --resume");
}

}  // namespace dplaunch
