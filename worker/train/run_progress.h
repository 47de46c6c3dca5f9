#pragma once

#include <cstdint>

#include "common/config/config.h"
#include "worker/checkpoint/progress.h"
#include "worker/train/epoch_record.h"

namespace dplaunch {

/// How far a run is, and what is due there: counting alone, the same on every rank.
class RunProgress {
 public:
  /// From `start` on. It may be the checkpoint of a run with another total batch: the images beyond
  /// its last whole step of this run's are trained on again.
  RunProgress(const Config& config, std::int64_t steps_per_epoch, std::int64_t global_batch,
              const Progress& start);

  /// What a checkpoint keeps.
  const Progress& state() const { return state_; }
  /// The epoch in training, counted from 0.
  std::int64_t epoch() const { return state_.epochs_done; }
  std::int64_t steps_of_epoch() const { return steps_of_epoch_; }
  std::int64_t steps_per_epoch() const { return steps_per_epoch_; }
  /// The next step's number in a run that always had this total batch, counted from 0: what the
  /// learning rate depends on.
  std::int64_t schedule_step() const { return epoch() * steps_per_epoch_ + steps_of_epoch_; }

  bool has_step_left() const { return !is_epoch_trained() && !is_limit_reached(); }
  /// Also if all that is left of an epoch is its evaluation.
  bool has_epoch_left() const;
  bool is_epoch_trained() const { return steps_of_epoch_ == steps_per_epoch_; }
  bool is_last_epoch() const;
  bool is_log_due() const;  ///< after the latest step
  bool is_evaluation_due() const { return is_due_every(evaluate_every_); }  ///< after this epoch
  bool is_checkpoint_due() const { return is_due_every(checkpoint_every_); }

  void count_step();
  /// Adds to the epoch's sums.
  void add(const EpochPart& part);
  /// Whether this epoch's evaluation is the best so far: then it is noted as such.
  bool note_if_best(double top1_percent);
  void begin_next_epoch();

 private:
  void keep_whole_steps();
  bool is_limit_reached() const;
  bool is_due_every(std::int64_t epochs) const;

  std::int64_t epochs_;
  std::int64_t max_steps_;  ///< 0 = no limit
  std::int64_t log_every_;
  std::int64_t evaluate_every_;
  std::int64_t checkpoint_every_;
  std::int64_t steps_per_epoch_;
  std::int64_t global_batch_;
  Progress state_;
  std::int64_t steps_of_epoch_;
};

}  // namespace dplaunch
