#include "worker/train/trainer.h"

#include <ATen/ops/tensor.h>
#include <sched.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <limits>

#include "base/error.h"
#include "base/monotonic_clock.h"
#include "worker/device/device.h"
#include "worker/process/stop_request.h"
#include "worker/report/bottleneck.h"
#include "worker/report/confusion_report.h"
#include "worker/report/log.h"
#include "worker/report/speed_text.h"
#include "worker/train/fit_batch.h"
#include "worker/train/rank_times.h"
#include "worker/train/trial_step.h"

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

/// The batch goes through the model in equal parts.
void check_parts(const Config& config) {
  if (config.bsize == kAutoBsize || config.bsize % config.accumulate == 0) return;
  throw Error(ExitCode::kUsage,
              "accumulate " + std::to_string(config.accumulate) + " does not divide bsize " +
                  std::to_string(config.bsize),
              "choose a bsize that is a multiple of it");
}

std::int64_t count_values(ResNet& model) {
  std::int64_t count = 0;
  for (const at::Tensor& parameter : model->parameters()) count += parameter.numel();
  return count;
}

/// What will stay in the device's memory besides the model.
std::int64_t data_set_bytes(const Config& config, at::Device device, const Cifar100File& train_set,
                            const Cifar100File& test_set) {
  if (!is_loaded_by_device(config, device)) return 0;
  const std::int64_t evaluated = config.validation > 0 ? train_set.size() : test_set.size();
  return (train_set.size() + evaluated) * kDeviceImageBytes;
}

/// Measured before anything depends on the batch.
Config with_fitting_batch(Config config, DistributedDataParallel& model, ProcessGroup& group,
                          at::Device device, const Cifar100File& train_set,
                          const Cifar100File& test_set) {
  check_parts(config);
  const bool is_auto = config.bsize == kAutoBsize;
  config.bsize =
      fit_batch(config, model, group, device, trained_images(train_set.size(), config.validation),
                data_set_bytes(config, device, train_set, test_set));
  if (is_auto && group.rank() == 0) log_line("bsize auto: " + std::to_string(config.bsize));
  lay_buckets(config, model, device);
  return config;
}

ProcessGroup meet(const RankEnvironment& environment, const Config& config, StatusWriter& status) {
  status.enter(Phase::kRendezvous);
  ProcessGroup group = ProcessGroup::connect(environment, config);
  status.enter(Phase::kPreparing);
  return group;
}

int usable_cpus() {
  cpu_set_t cpus;
  return ::sched_getaffinity(0, sizeof cpus, &cpus) == 0 ? CPU_COUNT(&cpus) : 1;
}

std::int64_t to_bytes(double megabytes) {
  return static_cast<std::int64_t>(megabytes * 1024 * 1024);
}

}  // namespace

Trainer::Trainer(const Config& config, const RankEnvironment& environment, const RunFolder& folder,
                 StatusBoard* board, const Options& options)
    : folder_(folder),
      status_(board, environment.local_rank),
      started_ns_(monotonic_ns()),
      workers_(environment.workers),
      data_set_(find_data_set(config.root)),
      device_(device::select()),
      group_(meet(environment, config, status_)),
      train_set_(data_set_.train_file, data_set_.train_records, config.limit_train),
      test_set_(data_set_.test_file, data_set_.test_records, config.limit_test),
      model_(make_model(config, device_), group_,
             {to_bytes(config.bucket_mb), config.compress == "bf16"}),
      optimizer_(make_optimizer(config, named_parameters(model_.model()))),
      config_(with_fitting_batch(config, model_, group_, device_, train_set_, test_set_)),
      finite_(config_, folder, group_.rank()),
      sampler_(trained_images(train_set_.size(), config.validation), config_.bsize, group_.rank(),
               group_.size(), static_cast<std::uint64_t>(config.seed)),
      schedule_(config_, sampler_.steps_per_epoch(), sampler_.global_batch()),
      step_(config_, model_, *optimizer_, device_, status_),
      batches_(make_batch_source(
          config_, train_set_, augmenting_loader(config_, environment.workers),
          [this](std::int64_t epoch) { return sampler_.indices(epoch); }, device_)),
      evaluator_(config_, held_out_set(), group_, device_, environment.workers, status_),
      stop_(group_, device_),
      trace_(options.trace_steps, folder, group_, device_) {
  status_.set_length(config.epochs, sampler_.steps_per_epoch(), config_.bsize);
  if (options.resume) load_latest();
  check_same_start();
  if (group_.rank() == 0) {
    metrics_file_.emplace(folder_.metrics(), progress_.epochs_done);
    event_file_.emplace(folder_.root(), progress_.steps_done + 1);
    summary_.classes = read_class_table(data_set_);
    for (const std::string& warning : summary_.classes.warnings) warn_line(warning);
    // Those of an earlier end are no longer true.
    std::error_code ignored;
    std::filesystem::remove(folder_.summary(), ignored);
    std::filesystem::remove(folder_.confusion(), ignored);
  }
  log_start();
}

void Trainer::load_latest() {
  if (!folder_.has_checkpoint()) {
    log_line("no checkpoint in " + folder_.checkpoints().string() +
             " yet: starting from the first epoch");
    return;
  }
  progress_ = load_checkpoint(folder_.latest_checkpoint(), config_, checkpoint_tensors());
  const auto own_buffers =
      load_rank_buffers(folder_.latest_checkpoint(), group_.size(), model_.buffer_values());
  if (own_buffers) model_.set_buffers((*own_buffers)[group_.rank()].to(device_));
  log_line("resumed from " + std::filesystem::canonical(folder_.latest_checkpoint()).string() +
           ": " + std::to_string(progress_.epochs_done) + " epochs, " +
           std::to_string(progress_.steps_done) + " steps done");
  keep_whole_steps();
}

/// The checkpoint may be of a run with another total batch. The images beyond the last whole step
/// are trained on again: their part of the epoch's sums is taken out, as if all had the same.
void Trainer::keep_whole_steps() {
  const std::int64_t kept = steps_of_epoch() * sampler_.global_batch();
  if (kept >= progress_.images_in_epoch || is_epoch_trained()) return;
  const double part = static_cast<double>(kept) / static_cast<double>(progress_.images_in_epoch);
  progress_.images_in_epoch = kept;
  progress_.loss_sum *= part;
  progress_.correct *= part;
  progress_.train_seconds *= part;
}

/// Hosts that share no folder may have different checkpoints, or none.
void Trainer::check_same_start() {
  const std::vector<std::int64_t> steps = group_.all_gather(progress_.steps_done, device_);
  for (std::size_t rank = 1; rank < steps.size(); ++rank) {
    if (steps[rank] == steps[0]) continue;
    throw Error(
        ExitCode::kUsage,
        "rank 0 goes on after step " + std::to_string(steps[0]) + ", rank " + std::to_string(rank) +
            " after step " + std::to_string(steps[rank]),
        "host 0 writes the checkpoints: copy the folder checkpoints of its run into that of "
        "each other host, and start all of them with --resume");
  }
}

void Trainer::begin_next_epoch() {
  ++progress_.epochs_done;
  progress_.images_in_epoch = 0;
  progress_.loss_sum = progress_.correct = progress_.train_seconds = 0;
}

bool Trainer::run() {
  const StopRequest stop_request;
  for (std::int64_t epoch = progress_.epochs_done;
       epoch < config_.epochs && (!is_limit_reached() || is_epoch_trained()); ++epoch) {
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
  writer_.wait();
  group_.all_gather(progress_.steps_done, device_);
  group_.shutdown();
}

void Trainer::train_epoch(std::int64_t epoch) {
  const std::int64_t steps = sampler_.steps_per_epoch();
  const std::int64_t first_step = steps_of_epoch();
  step_.reset_totals();
  batches_->start_epoch(epoch, first_step);
  const std::int64_t start_ns = monotonic_ns();
  status_.enter(Phase::kTraining, epoch, first_step);
  for (std::int64_t step = first_step; step < steps && !is_limit_reached() && !is_stopped_;
       ++step) {
    trace_.begin_step(progress_.steps_done + 1);
    step_.begin();
    const auto batch = batches_->next();
    if (!batch) throw std::logic_error("the loader ended before the epoch's last step");
    step_.run(*batch, schedule_.lr_at(epoch * steps + step));
    ++progress_.steps_done;
    progress_.images_in_epoch = (step + 1) * sampler_.global_batch();
    status_.count_step();
    // On a GPU looking would be waiting for it.
    if (device_.is_cpu()) check_steps(epoch, first_step);
    is_stopped_ = stop_.is_stop_wanted();
    trace_.end_step();
    if (config_.log_every > 0 && (step + 1) % config_.log_every == 0) {
      check_steps(epoch, first_step);
      log_step(epoch, step + 1, seconds_since(start_ns));
    }
  }
  if (is_stopped_ || is_last_epoch(epoch)) trace_.finish();
  device::synchronize();
  check_steps(epoch, first_step);
  const double seconds = seconds_since(start_ns);
  epoch_metrics_ = sum_over_ranks(epoch, seconds);
  note_times(epoch_metrics_, seconds);
  summary_.add(epoch_metrics_, step_.totals().images * group_.size(), seconds);
}

void Trainer::finish_epoch(std::int64_t epoch) {
  const std::int64_t start_ns = monotonic_ns();
  EpochMetrics& metrics = epoch_metrics_;
  const at::Tensor own_buffers = model_.buffers();
  // Always, not only when they are used: a resumed run must see the same buffers.
  model_.average_buffers();
  const bool is_evaluated = is_due(config_.evaluate_every, epoch);
  const bool is_best = is_evaluated && !is_stopped_ && evaluate_epoch(epoch);
  // A stop may have come before or in the evaluation: the resumed run makes up for it.
  const bool is_done = is_epoch_trained() && (!is_evaluated || metrics.test);
  if (is_done) {
    begin_next_epoch();
  } else {
    keep_rank_buffers(own_buffers);
  }
  metrics.seconds = metrics.train_seconds + seconds_since(start_ns);
  log_line(describe(metrics, config_.epochs));
  if (metrics_file_) metrics_file_->append(metrics);
  if (event_file_ && (is_done || !is_stopped_))
    event_file_->add(progress_.steps_done, scalars(metrics));
  // The best one is kept whenever it comes.
  if (is_best || is_stopped_ || is_due(config_.checkpoint_every, epoch)) save(is_best);
  rank_buffers_.reset();
}

/// In the middle of an epoch each rank goes on with its own statistics, not with the average.
void Trainer::keep_rank_buffers(const at::Tensor& own_buffers) {
  if (group_.size() == 1 || !own_buffers.defined()) return;
  model_.set_buffers(own_buffers);
  rank_buffers_ = model_.buffers_of_all_ranks();
  model_.average_buffers();
}

/// Returns whether it is the best so far.
bool Trainer::evaluate_epoch(std::int64_t epoch) {
  const std::int64_t start_ns = monotonic_ns();
  status_.enter(Phase::kEvaluating, epoch, sampler_.steps_per_epoch());
  epoch_metrics_.test = evaluator_.run(model_.model(), stop_, is_last_epoch(epoch));
  epoch_metrics_.is_validation = config_.validation > 0;
  epoch_metrics_.evaluation_seconds = seconds_since(start_ns);
  if (!epoch_metrics_.test) {
    is_stopped_ = true;
    return false;
  }
  // What the last update broke shows here, before it becomes the latest checkpoint.
  finite_.check_evaluation(*epoch_metrics_.test, progress_.steps_done);
  last_test_ = epoch_metrics_.test;
  return note_best(*last_test_, epoch);
}

void Trainer::save(bool is_best) {
  const std::int64_t start_ns = monotonic_ns();
  status_.enter(Phase::kCheckpointing);
  finite_.check_parameters(model_.model(), progress_.steps_done);
  if (group_.rank() == 0) {
    CheckpointTensors tensors = checkpoint_tensors();
    if (rank_buffers_.defined()) tensors.optimizer.emplace_back(kRankBuffers, rank_buffers_);
    writer_.save(folder_, config_, progress_, tensors, is_best);
  }
  checkpoint_seconds_ = seconds_since(start_ns);
}

void Trainer::finish() {
  if (!last_test_) {
    status_.enter(Phase::kEvaluating);
    last_test_ = evaluator_.run(model_.model(), stop_, /*with_confusion=*/true);
    is_stopped_ = !last_test_;
    if (is_stopped_) return;
  }
  const std::uint64_t digest = model_.check_replicas_equal();
  char digest_text[17];
  std::snprintf(digest_text, sizeof digest_text, "%016llx",
                static_cast<unsigned long long>(digest));
  writer_.wait();
  summary_.progress = progress_;
  summary_.final_test = last_test_;
  summary_.world_size = group_.size();
  summary_.device = device::describe();
  summary_.backend = device::backend_name();
  summary_.is_validation = config_.validation > 0;
  summary_.held_back_by =
      bottlenecks(summary_.shares, summary_.skew,
                  {group_.size(), config_.bsize, workers_ * group_.size(), usable_cpus(),
                   device_.is_cpu(), is_loaded_by_device(config_, device_)});
  summary_.is_synthetic = data_set_.is_synthetic;
  summary_.parameters = count_values(model_.model());
  summary_.seconds = seconds_since(started_ns_);
  summary_.peak_memory_bytes = device::peak_memory_bytes();
  summary_.parameter_digest = digest_text;
  if (group_.rank() == 0) {
    write_confusion_csv(folder_.confusion(), last_test_->confusion, summary_.classes);
    write_summary(folder_.summary(), config_, summary_);
    log_line(describe(config_, summary_));
  }
  log_line("rank " + std::to_string(group_.rank()) + ": parameter digest " + digest_text);
  group_.shutdown();
  status_.enter(Phase::kFinished);
}

/// The checkpoint may be of a run with another total batch: then it is as many whole steps.
std::int64_t Trainer::steps_of_epoch() const {
  return std::min(progress_.images_in_epoch / sampler_.global_batch(), sampler_.steps_per_epoch());
}

bool Trainer::is_epoch_trained() const {
  return steps_of_epoch() == sampler_.steps_per_epoch();
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

EpochMetrics Trainer::sum_over_ranks(std::int64_t epoch, double train_seconds) {
  const TrainTotals mine = step_.totals();
  at::Tensor sums = at::tensor({mine.loss_sum, mine.correct, mine.images}, at::kDouble).to(device_);
  group_.all_reduce_sum(sums);
  sums = sums.cpu();
  // What was trained of this epoch before a stop counts as well.
  progress_.loss_sum += sums[0].item<double>();
  progress_.correct += sums[1].item<double>();
  progress_.train_seconds += train_seconds;
  EpochMetrics metrics;
  metrics.epoch = epoch + 1;
  metrics.step = progress_.steps_done;
  metrics.images = progress_.images_in_epoch;
  const auto images = static_cast<double>(metrics.images);
  metrics.train_loss = images > 0 ? progress_.loss_sum / images : 0;
  metrics.train_top1 = images > 0 ? 100 * progress_.correct / images : 0;
  metrics.lr = schedule_.lr_at(
      std::max<std::int64_t>(epoch * sampler_.steps_per_epoch() + steps_of_epoch() - 1, 0));
  metrics.train_seconds = progress_.train_seconds;
  metrics.checkpoint_seconds = checkpoint_seconds_;
  return metrics;
}

void Trainer::note_times(EpochMetrics& metrics, double seconds) {
  const std::array<double, kStepParts> parts = step_.take_times();
  metrics.data_wait_seconds = parts[static_cast<std::size_t>(StepPart::kData)];
  const RankTimes times = compare_ranks(parts, seconds, group_, device_);
  metrics.shares = times.shares;
  metrics.skew = times.skew;
}

void Trainer::log_step(std::int64_t epoch, std::int64_t step, double seconds) {
  const double loss = step_.last_loss();
  const double lr = schedule_.lr_at(epoch * sampler_.steps_per_epoch() + step - 1);
  status_.set_loss(loss);
  if (event_file_) event_file_->add(progress_.steps_done, {{"step/loss", loss}, {"step/lr", lr}});
  const double images = step_.totals().images * group_.size();
  log_line("epoch " + std::to_string(epoch + 1) + "/" + std::to_string(config_.epochs) + "  step " +
           std::to_string(step) + "/" + std::to_string(sampler_.steps_per_epoch()) + "  loss " +
           fixed(loss, 4) + "  lr " + fixed(lr, 6) + "  " + speed_text(images / seconds));
}

EvaluationSet Trainer::held_out_set() const {
  return evaluation_set(config_.validation > 0 ? train_set_ : test_set_, config_.validation);
}

/// A loss that is no number ends the run before it becomes a checkpoint. On a GPU the ranks look
/// only now and then, and the all-reduce has spread it since: the one that had it first says so.
void Trainer::check_steps(std::int64_t epoch, std::int64_t first_step) {
  const std::optional<std::int64_t> bad = step_.first_bad_step();
  std::optional<Error> failure;
  if (bad) failure = finite_.step_error(epoch, first_step + *bad, sampler_);
  if (!device_.is_cpu() && group_.size() > 1) {
    const std::vector<std::int64_t> all =
        group_.all_gather(bad.value_or(std::numeric_limits<std::int64_t>::max()), device_);
    const auto first = std::min_element(all.begin(), all.end());
    if (bad && *bad > *first) finite_.end_with_rank(static_cast<int>(first - all.begin()));
  }
  if (failure) throw *failure;
}

void Trainer::log_start() const {
  if (data_set_.is_synthetic) {
    warn_line("SYNTHETIC data in " + data_set_.train_file.parent_path().string() +
              ": this is not CIFAR-100, its accuracy means nothing");
  }
  log_line("rank " + std::to_string(group_.rank()) + " of " + std::to_string(group_.size()) + ": " +
           device::describe() + ", " + device::backend_name() + ", " + config_.model + ", " +
           std::to_string(trained_images(train_set_.size(), config_.validation)) +
           " training and " + std::to_string(held_out_set().count) +
           (config_.validation > 0 ? " held-out" : " test") + " images, total batch " +
           std::to_string(sampler_.global_batch()) + ", " +
           std::to_string(sampler_.steps_per_epoch()) + " steps an epoch, peak lr " +
           fixed(schedule_.peak_lr(), 6) + " (lr " + fixed(config_.lr, 6) + ", lr_scaling " +
           config_.lr_scaling + ")");
}

CheckpointTensors Trainer::checkpoint_tensors() {
  return {model_state(model_.model()), optimizer_->state()};
}

}  // namespace dplaunch
