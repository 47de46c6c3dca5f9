#include "worker/train/trainer.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>

#include "base/monotonic_clock.h"
#include "common/gradient_times_file.h"
#include "worker/device/device.h"
#include "worker/process/stop_request.h"
#include "worker/report/log.h"
#include "worker/train/over_ranks.h"

namespace dplaunch {
namespace {

double seconds_since(std::int64_t start_ns) {
  return static_cast<double>(monotonic_ns() - start_ns) * 1e-9;
}

}  // namespace

Trainer::Trainer(const Config& config, const RankEnvironment& environment, const RunFolder& folder,
                 const Options& options)
    : started_ns_(monotonic_ns()),
      preempt_signal_(options.preempt_signal),
      status_(environment),
      setup_(config, environment, status_),
      schedule_(setup_.config, setup_.sampler.steps_per_epoch(), setup_.sampler.global_batch()),
      finite_(folder, setup_.group, setup_.device, setup_.sampler),
      step_(setup_.config, setup_.model, *setup_.optimizer, setup_.group, setup_.device, status_),
      batches_(setup_.make_batches(environment.workers)),
      evaluator_(setup_.config, setup_.evaluation_set(), setup_.group, setup_.device,
                 environment.workers, status_),
      stop_(setup_.group, setup_.device),
      trace_(options.trace_steps, folder, setup_.group, setup_.device),
      checkpoints_(folder, setup_),
      progress_(setup_.config, setup_.sampler.steps_per_epoch(), setup_.sampler.global_batch(),
                checkpoints_.begin(options.resume)),
      reporter_(setup_.config, folder, run_facts(setup_, schedule_.peak_lr(), environment),
                progress_.state()),
      gradient_times_(folder.gradient_times(setup_.group.rank())) {
  if (setup_.config.step_times) {
    step_times_.emplace(folder.step_times(setup_.group.rank()), progress_.state().steps_done);
  }
  status_.set_length(setup_.config.epochs, progress_.steps_per_epoch(), setup_.config.bsize);
}

ExitCode Trainer::run() {
  try {
    return train();
  } catch (...) {
    // The process leaves without destructors then: what is being written must be whole before.
    checkpoints_.finish_writing();
    throw;
  }
}

ExitCode Trainer::train() {
  const StopRequest stop_request(preempt_signal_);
  while (progress_.has_epoch_left() && !is_stopped_) {
    const EpochPart trained = train_epoch();
    finish_epoch(trained);
  }
  if (!is_stopped_) finish();
  if (!is_stopped_) return ExitCode::kSuccess;
  leave_together();
  return stop_.is_preemption() ? ExitCode::kPreempted : ExitCode::kTerminated;
}

EpochPart Trainer::train_epoch() {
  const std::int64_t first_step = progress_.steps_of_epoch();
  step_.reset_totals();
  batches_->start_epoch(progress_.epoch(), first_step);
  const std::int64_t start_ns = monotonic_ns();
  status_.enter(Phase::kTraining, progress_.epoch(), first_step);
  while (progress_.has_step_left() && !is_stopped_) {
    trace_.begin_step(progress_.state().steps_done + 1);
    train_step();
    // On a GPU looking would be waiting for it.
    if (setup_.device.is_cpu()) check_steps(first_step);
    is_stopped_ = stop_.vote_to_stop();
    trace_.end_step();
    if (progress_.is_log_due()) {
      check_steps(first_step);
      report_step(seconds_since(start_ns));
    }
  }
  if (is_stopped_ || progress_.is_last_epoch()) trace_.finish();
  device::synchronize();
  check_steps(first_step);
  return sum_over_all_ranks(seconds_since(start_ns));
}

void Trainer::train_step() {
  step_.begin();
  const auto batch = batches_->next();
  if (!batch) throw std::logic_error("the loader ended before the epoch's last step");
  step_.run(*batch, schedule_.lr_at(progress_.schedule_step()));
  progress_.count_step();
  status_.count_step();
}

/// A loss that is no number ends the run before it becomes a checkpoint.
void Trainer::check_steps(std::int64_t first_step) {
  std::optional<std::int64_t> bad = step_.first_bad_step();
  if (bad) *bad += first_step;
  finite_.check_steps(progress_.epoch(), bad);
}

void Trainer::report_step(double epoch_seconds) {
  const double loss = step_.last_loss();
  status_.set_loss(loss);
  reporter_.add_step(
      {.epoch = progress_.epoch() + 1,
       .step_of_epoch = progress_.steps_of_epoch(),
       .step = progress_.state().steps_done,
       .loss = loss,
       .lr = schedule_.lr_at(progress_.schedule_step() - 1),
       .images_per_second = step_.totals().images * setup_.group.size() / epoch_seconds});
}

EpochPart Trainer::sum_over_all_ranks(double seconds) {
  const TrainTotals totals = sum_over_ranks(step_.totals(), setup_.group, setup_.device);
  StepClock::Taken taken = step_.take_times();
  record_steps(taken.steps);
  const PartSeconds& parts = taken.parts;
  return {totals, seconds, part_of(parts, StepPart::kData),
          compare_over_ranks({parts, seconds}, setup_.group, setup_.device)};
}

void Trainer::record_steps(std::vector<StepTimes>& steps) {
  if (!step_times_ || steps.empty()) return;
  const std::int64_t steps_before = progress_.state().steps_done - steps.back().step;
  for (StepTimes& step : steps) step.step += steps_before;
  step_times_->append(steps);
}

void Trainer::finish_epoch(const EpochPart& trained) {
  const std::int64_t start_ns = monotonic_ns();
  progress_.add(trained);
  EpochMetrics metrics = epoch_metrics(progress_.state(), trained);
  metrics.lr = schedule_.lr_at(std::max<std::int64_t>(progress_.schedule_step() - 1, 0));
  metrics.checkpoint_seconds = checkpoint_seconds_;
  const at::Tensor own_buffers = setup_.model.buffers();
  // Always, not only when they are used: a resumed run must see the same buffers.
  setup_.model.average_buffers();
  const bool is_evaluation_due = progress_.is_evaluation_due();
  const bool is_checkpoint_due = progress_.is_checkpoint_due();
  const bool is_best = is_evaluation_due && !is_stopped_ && evaluate(metrics);
  // A stop may have come before or during the evaluation: the resumed run makes up for it.
  const bool is_done = progress_.is_epoch_trained() && (!is_evaluation_due || metrics.test);
  if (is_done) {
    progress_.begin_next_epoch();
  } else {
    checkpoints_.keep_rank_buffers(own_buffers);
  }
  metrics.seconds = metrics.train_seconds + seconds_since(start_ns);
  reporter_.add_epoch(metrics, trained.totals.images, trained.seconds, is_stopped_ && !is_done);
  // The best one is kept whenever it comes.
  if (is_best || is_stopped_ || is_checkpoint_due) save(is_best);
}

/// Returns whether it is the best so far.
bool Trainer::evaluate(EpochMetrics& metrics) {
  const std::int64_t start_ns = monotonic_ns();
  status_.enter(Phase::kEvaluating, progress_.epoch(), progress_.steps_per_epoch());
  metrics.test = evaluator_.run(setup_.model.model(), stop_, progress_.is_last_epoch());
  metrics.is_validation = setup_.config.validation > 0;
  metrics.evaluation_seconds = seconds_since(start_ns);
  is_stopped_ = !metrics.test;
  if (is_stopped_) return false;
  // What the last update broke shows here, before it becomes the latest checkpoint.
  finite_.check_evaluation(*metrics.test, progress_.state().steps_done);
  last_test_ = metrics.test;
  return progress_.note_if_best(metrics.test->top1_percent());
}

void Trainer::save(bool is_best) {
  const std::int64_t start_ns = monotonic_ns();
  status_.enter(Phase::kCheckpointing);
  finite_.check_parameters(setup_.model.model(), progress_.state().steps_done);
  checkpoints_.save(progress_.state(), is_best);
  checkpoint_seconds_ = seconds_since(start_ns);
}

void Trainer::finish() {
  // Nothing was left to train: the checkpoint that was resumed from is the end of a run.
  if (!last_test_) {
    status_.enter(Phase::kEvaluating);
    last_test_ = evaluator_.run(setup_.model.model(), stop_, /*with_confusion=*/true);
    is_stopped_ = !last_test_;
    if (is_stopped_) return;
  }
  const std::uint64_t digest = setup_.model.check_replicas_equal();
  if (const auto times = step_.gradient_times(); !times.empty()) {
    write_gradient_times(gradient_times_, times);
  }
  checkpoints_.wait();
  reporter_.finish({progress_.state(), *last_test_, seconds_since(started_ns_),
                    device::peak_memory_bytes(), digest, checkpoint_seconds_});
  end_communication();
  status_.enter(Phase::kFinished);
}

/// Nobody leaves before rank 0 has written the checkpoint: to the launcher, the first to go would
/// be a failure for which to end the others.
void Trainer::leave_together() {
  const std::int64_t steps_done = progress_.state().steps_done;
  log_line("stopped as asked after step " + std::to_string(steps_done) +
           "; --resume goes on from there");
  checkpoints_.wait();
  setup_.group.all_gather(steps_done, setup_.device);
  end_communication();
}

/// NCCL waits for every graph that holds its communicator: those must be gone before.
void Trainer::end_communication() {
  step_.release_graph();
  setup_.group.shutdown();
}

}  // namespace dplaunch
