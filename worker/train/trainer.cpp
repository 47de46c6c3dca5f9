#include "worker/train/trainer.h"

#include <ATen/ops/tensor.h>

#include <cmath>
#include <cstdio>

#include "common/error.h"
#include "common/monotonic_clock.h"
#include "worker/device/device.h"
#include "worker/report/log.h"
#include "worker/stop_request.h"

namespace dplaunch {
namespace {

double seconds_since(std::int64_t start_ns) {
  return static_cast<double>(monotonic_ns() - start_ns) * 1e-9;
}

NamedTensors named_parameters(ResNet& model) {
  NamedTensors parameters;
  for (const auto& item : model->named_parameters()) {
    parameters.emplace_back(item.key(), item.value());
  }
  return parameters;
}

LoaderConfig augmenting_loader(const Config& config, std::int64_t workers) {
  LoaderConfig loader = plain_loader(config, workers);
  loader.augmentation = augment_config(config);
  loader.seed = static_cast<std::uint64_t>(config.seed);
  return loader;
}

std::int64_t count_values(ResNet& model) {
  std::int64_t count = 0;
  for (const at::Tensor& parameter : model->parameters()) count += parameter.numel();
  return count;
}

ProcessGroup meet(const RankEnvironment& environment, const Config& config, StatusWriter& status) {
  status.enter(Phase::kRendezvous);
  return ProcessGroup::connect(environment, config);
}

std::int64_t to_bytes(double megabytes) {
  return static_cast<std::int64_t>(megabytes * 1024 * 1024);
}

}  // namespace

Trainer::Trainer(const Config& config, const RankEnvironment& environment, const RunFolder& folder,
                 StatusBoard* board, bool resume)
    : config_(config),
      folder_(folder),
      status_(board, environment.local_rank),
      started_ns_(monotonic_ns()),
      data_set_(find_data_set(config.root)),
      device_(device::select()),
      group_(meet(environment, config, status_)),
      train_set_(data_set_.train_file, data_set_.train_records, config.limit_train),
      test_set_(data_set_.test_file, data_set_.test_records, config.limit_test),
      sampler_(train_set_.size(), config.bsize, group_.rank(), group_.size(),
               static_cast<std::uint64_t>(config.seed)),
      schedule_(config, sampler_.steps_per_epoch(), sampler_.global_batch()),
      model_(make_model(config, device_), group_, to_bytes(config.bucket_mb)),
      optimizer_(make_optimizer(config, named_parameters(model_.model()))),
      step_(config, model_, *optimizer_, device_, status_),
      loader_(train_set_, augmenting_loader(config, environment.workers),
              [this](std::int64_t epoch) { return sampler_.indices(epoch); }),
      evaluator_(config, test_set_, group_, device_, environment.workers, status_),
      stop_(group_, device_) {
  status_.set_length(config.epochs, sampler_.steps_per_epoch(), config.bsize);
  if (resume) load_latest();
  if (group_.rank() == 0) {
    metrics_file_.emplace(folder_.metrics(), progress_.epochs_done);
    // That of an earlier end is no longer true.
    std::error_code ignored;
    std::filesystem::remove(folder_.summary(), ignored);
  }
  log_start();
}

void Trainer::load_latest() {
  std::error_code error;
  if (!std::filesystem::exists(folder_.latest_checkpoint(), error)) {
    log_line("no checkpoint in " + folder_.checkpoints().string() +
             " yet: starting from the first epoch");
    return;
  }
  progress_ = load_checkpoint(folder_.latest_checkpoint(), config_, checkpoint_tensors());
  log_line("resumed from " + std::filesystem::canonical(folder_.latest_checkpoint()).string() +
           ": " + std::to_string(progress_.epochs_done) + " epochs, " +
           std::to_string(progress_.steps_done) + " steps done");
  settle_unfinished_epoch();
}

/// The checkpoint may be of a run with another total batch or more images: if not one step of the
/// unfinished epoch is left, that epoch is done.
void Trainer::settle_unfinished_epoch() {
  if (progress_.images_in_epoch / sampler_.global_batch() < sampler_.steps_per_epoch()) return;
  ++progress_.epochs_done;
  progress_.images_in_epoch = 0;
}

bool Trainer::run() {
  const StopRequest stop_request;
  for (std::int64_t epoch = progress_.epochs_done; epoch < config_.epochs && !is_limit_reached();
       ++epoch) {
    train_epoch(epoch);
    finish_epoch(epoch);
    if (is_stopped_) break;
  }
  if (!is_stopped_) finish();
  if (is_stopped_) leave_together();
  return !is_stopped_;
}

/// Nobody leaves before rank 0 has written the checkpoint: to the launcher, the first to go would
/// be a failure for which to end the others.
void Trainer::leave_together() {
  log_line("stopped as asked after step " + std::to_string(progress_.steps_done) +
           "; --resume goes on from there");
  group_.all_gather(progress_.steps_done, device_);
  group_.shutdown();
}

void Trainer::train_epoch(std::int64_t epoch) {
  const std::int64_t steps = sampler_.steps_per_epoch();
  const std::int64_t first_step = progress_.images_in_epoch / sampler_.global_batch();
  step_.reset_totals();
  loader_.start_epoch(epoch, first_step);
  BatchStream stream(loader_, image_layout(config_), device_);
  const std::int64_t start_ns = monotonic_ns();
  const std::int64_t wait_start_ns = loader_.wait_ns();
  status_.enter(Phase::kTraining, epoch, first_step);
  for (std::int64_t step = first_step; step < steps && !is_limit_reached() && !is_stopped_;
       ++step) {
    status_.set_activity(Activity::kData);
    const auto batch = stream.next();
    if (!batch) throw std::logic_error("the loader ended before the epoch's last step");
    last_lr_ = schedule_.lr_at(epoch * steps + step);
    step_.run(*batch, last_lr_);
    ++progress_.steps_done;
    progress_.images_in_epoch = (step + 1) * sampler_.global_batch();
    status_.count_step();
    is_stopped_ = stop_.is_stop_wanted();
    if (config_.log_every > 0 && (step + 1) % config_.log_every == 0) {
      log_step(epoch, step + 1, seconds_since(start_ns));
    }
  }
  device::synchronize();
  const double wait_seconds = static_cast<double>(loader_.wait_ns() - wait_start_ns) * 1e-9;
  epoch_metrics_ = sum_over_ranks(epoch, seconds_since(start_ns), wait_seconds);
  check_finite(epoch_metrics_.train_loss);
  summary_.images_trained += epoch_metrics_.images;
  summary_.train_seconds += epoch_metrics_.train_seconds;
}

void Trainer::finish_epoch(std::int64_t epoch) {
  const std::int64_t start_ns = monotonic_ns();
  EpochMetrics& metrics = epoch_metrics_;
  if (progress_.images_in_epoch == sampler_.steps_per_epoch() * sampler_.global_batch()) {
    progress_.epochs_done = epoch + 1;
    progress_.images_in_epoch = 0;
  }
  // Always, not only when they are used: a resumed run must see the same buffers.
  model_.average_buffers();
  const bool is_best =
      !is_stopped_ && is_due(config_.evaluate_every, epoch) && evaluate_epoch(epoch);
  metrics.seconds = metrics.train_seconds + seconds_since(start_ns);
  log_line(describe(metrics, config_.epochs));
  if (metrics_file_) metrics_file_->append(metrics);
  // The best one is kept whenever it comes.
  if (is_best || is_stopped_ || is_due(config_.checkpoint_every, epoch)) save(is_best);
}

/// Returns whether it is the best so far.
bool Trainer::evaluate_epoch(std::int64_t epoch) {
  status_.enter(Phase::kEvaluating, epoch, sampler_.steps_per_epoch());
  epoch_metrics_.test = evaluator_.run(model_.model(), stop_);
  if (!epoch_metrics_.test) {
    is_stopped_ = true;
    return false;
  }
  // What the last update broke shows here, before it becomes the latest checkpoint.
  check_finite(epoch_metrics_.test->loss);
  last_test_ = epoch_metrics_.test;
  return note_best(*last_test_, epoch);
}

void Trainer::save(bool is_best) {
  status_.enter(Phase::kCheckpointing);
  if (group_.rank() == 0) {
    save_checkpoint(folder_, config_, progress_, checkpoint_tensors(), is_best);
  }
}

void Trainer::finish() {
  if (!last_test_) {
    status_.enter(Phase::kEvaluating);
    last_test_ = evaluator_.run(model_.model(), stop_);
    is_stopped_ = !last_test_;
    if (is_stopped_) return;
  }
  const std::uint64_t digest = model_.check_replicas_equal();
  char digest_text[17];
  std::snprintf(digest_text, sizeof digest_text, "%016llx",
                static_cast<unsigned long long>(digest));
  summary_.progress = progress_;
  summary_.final_test = last_test_;
  summary_.world_size = group_.size();
  summary_.device = device::describe();
  summary_.backend = device::backend_name();
  summary_.is_synthetic = data_set_.is_synthetic;
  summary_.parameters = count_values(model_.model());
  summary_.seconds = seconds_since(started_ns_);
  summary_.peak_memory_bytes = device::peak_memory_bytes();
  summary_.parameter_digest = digest_text;
  if (group_.rank() == 0) {
    write_summary(folder_.summary(), config_, summary_);
    log_line(describe(config_, summary_));
  }
  log_line("rank " + std::to_string(group_.rank()) + ": parameter digest " + digest_text);
  group_.shutdown();
  status_.enter(Phase::kFinished);
}

bool Trainer::is_limit_reached() const {
  return config_.max_steps > 0 && progress_.steps_done >= config_.max_steps;
}

bool Trainer::is_last_epoch(std::int64_t epoch) const {
  return epoch + 1 == config_.epochs || is_limit_reached();
}

bool Trainer::is_due(std::int64_t every, std::int64_t epoch) const {
  return is_last_epoch(epoch) || (every > 0 && (epoch + 1) % every == 0);
}

bool Trainer::note_best(const TestMetrics& test, std::int64_t epoch) {
  if (test.top1_percent() <= progress_.best_top1) return false;
  progress_.best_top1 = test.top1_percent();
  progress_.best_epoch = epoch + 1;
  return true;
}

EpochMetrics Trainer::sum_over_ranks(std::int64_t epoch, double train_seconds,
                                     double wait_seconds) {
  const TrainTotals mine = step_.totals();
  at::Tensor sums = at::tensor({mine.loss_sum, mine.correct, mine.images}, at::kDouble).to(device_);
  group_.all_reduce_sum(sums);
  sums = sums.cpu();
  EpochMetrics metrics;
  metrics.epoch = epoch + 1;
  metrics.step = progress_.steps_done;
  const double images = sums[2].item<double>();
  metrics.images = static_cast<std::int64_t>(images);
  metrics.train_loss = images > 0 ? sums[0].item<double>() / images : 0;
  metrics.train_top1 = images > 0 ? 100 * sums[1].item<double>() / images : 0;
  metrics.lr = last_lr_;
  metrics.train_seconds = train_seconds;
  metrics.data_wait_seconds = wait_seconds;
  return metrics;
}

void Trainer::log_step(std::int64_t epoch, std::int64_t step, double seconds) {
  const double loss = step_.last_loss();
  status_.set_loss(loss);
  check_finite(loss);
  const double images = step_.totals().images * group_.size();
  log_line("epoch " + std::to_string(epoch + 1) + "/" + std::to_string(config_.epochs) + "  step " +
           std::to_string(step) + "/" + std::to_string(sampler_.steps_per_epoch()) + "  loss " +
           fixed(loss, 4) + "  lr " + fixed(last_lr_, 6) + "  " + fixed(images / seconds, 0) +
           " images/s");
}

void Trainer::check_finite(double loss) const {
  if (std::isfinite(loss)) return;
  throw Error(ExitCode::kFailure,
              "rank " + std::to_string(group_.rank()) + ": the loss is " + fixed(loss, 4) +
                  " at step " + std::to_string(progress_.steps_done),
              "lower lr, or set warmup_epochs; --resume goes on from the last checkpoint");
}

void Trainer::log_start() const {
  if (data_set_.is_synthetic) {
    warn_line("SYNTHETIC data in " + data_set_.train_file.parent_path().string() +
              ": this is not CIFAR-100, its accuracy means nothing");
  }
  log_line("rank " + std::to_string(group_.rank()) + " of " + std::to_string(group_.size()) + ": " +
           device::describe() + ", " + device::backend_name() + ", " + config_.model + ", " +
           std::to_string(train_set_.size()) + " training and " + std::to_string(test_set_.size()) +
           " test images, total batch " + std::to_string(sampler_.global_batch()) + ", " +
           std::to_string(sampler_.steps_per_epoch()) + " steps an epoch, peak lr " +
           fixed(schedule_.peak_lr(), 6));
}

CheckpointTensors Trainer::checkpoint_tensors() {
  return {model_state(model_.model()), optimizer_->state()};
}

}  // namespace dplaunch
