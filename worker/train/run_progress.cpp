#include "worker/train/run_progress.h"

#include <algorithm>

namespace dplaunch {

RunProgress::RunProgress(const Config& config, std::int64_t steps_per_epoch,
                         std::int64_t global_batch, const Progress& start)
    : epochs_(config.epochs),
      max_steps_(config.max_steps),
      log_every_(config.log_every),
      evaluate_every_(config.evaluate_every),
      checkpoint_every_(config.checkpoint_every),
      steps_per_epoch_(steps_per_epoch),
      global_batch_(global_batch),
      state_(start),
      steps_of_epoch_(std::min(start.images_in_epoch / global_batch, steps_per_epoch)) {
  keep_whole_steps();
}

/// What is trained on again must not count twice: its share of the epoch's sums is taken out, as if
/// every image had contributed the same. An epoch without a step left keeps its sums: nothing of it
/// is trained on again.
void RunProgress::keep_whole_steps() {
  const std::int64_t kept = steps_of_epoch_ * global_batch_;
  if (kept >= state_.images_in_epoch || is_epoch_trained()) return;
  const double part = static_cast<double>(kept) / static_cast<double>(state_.images_in_epoch);
  state_.images_in_epoch = kept;
  state_.loss_sum *= part;
  state_.correct *= part;
  state_.train_seconds *= part;
}

bool RunProgress::has_epoch_left() const {
  return epoch() < epochs_ && (!is_limit_reached() || is_epoch_trained());
}

bool RunProgress::is_last_epoch() const {
  return epoch() + 1 == epochs_ || is_limit_reached();
}

bool RunProgress::is_log_due() const {
  return log_every_ > 0 && steps_of_epoch_ % log_every_ == 0;
}

void RunProgress::count_step() {
  ++steps_of_epoch_;
  ++state_.steps_done;
  state_.images_in_epoch += global_batch_;
}

void RunProgress::add(const EpochPart& part) {
  state_.loss_sum += part.totals.loss_sum;
  state_.correct += part.totals.correct;
  state_.train_seconds += part.seconds;
}

bool RunProgress::note_if_best(double top1_percent) {
  if (top1_percent <= state_.best_top1) return false;
  state_.best_top1 = top1_percent;
  state_.best_epoch = epoch() + 1;
  state_.best_step = state_.steps_done;
  return true;
}

void RunProgress::begin_next_epoch() {
  ++state_.epochs_done;
  steps_of_epoch_ = 0;
  state_.images_in_epoch = 0;
  state_.loss_sum = state_.correct = state_.train_seconds = 0;
}

bool RunProgress::is_limit_reached() const {
  return max_steps_ > 0 && state_.steps_done >= max_steps_;
}

bool RunProgress::is_due_every(std::int64_t epochs) const {
  return is_last_epoch() || (epochs > 0 && (epoch() + 1) % epochs == 0);
}

}  // namespace dplaunch
