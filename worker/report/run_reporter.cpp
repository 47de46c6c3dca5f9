#include "worker/report/run_reporter.h"

#include <fmt/core.h>

#include <filesystem>
#include <system_error>
#include <utility>

#include "worker/report/confusion_report.h"
#include "worker/report/log.h"
#include "worker/report/result_text.h"

namespace dplaunch {

RunReporter::RunReporter(const Config& config, const RunFolder& folder, RunFacts facts,
                         const Progress& start)
    : config_(config), folder_(folder), facts_(std::move(facts)) {
  if (facts_.rank == 0) {
    folder_.check_ours();
    metrics_file_.emplace(folder_.metrics(), start.epochs_done);
    event_file_.emplace(folder_.root(), start.steps_done + 1);
    summary_.classes = read_class_table(facts_.data_set);
    for (const std::string& warning : summary_.classes.warnings) warn_line(warning);
    std::error_code ignored;  // there need not be any
    std::filesystem::remove(folder_.summary(), ignored);
    std::filesystem::remove(folder_.confusion(), ignored);
  }
  summary_.start_id = facts_.start_id;
  summary_.world_size = facts_.shape.world_size;
  summary_.device = facts_.device;
  summary_.backend = facts_.backend;
  summary_.is_synthetic = facts_.data_set.is_synthetic;
  summary_.parameters = facts_.parameters;
  summary_.is_validation = config_.validation > 0;
  log_start();
}

void RunReporter::log_start() const {
  if (facts_.data_set.is_synthetic) {
    warn_line(fmt::format("SYNTHETIC data in {}: this is not CIFAR-100, its accuracy means nothing",
                          facts_.data_set.train_file.parent_path().string()));
  }
  log_line(fmt::format(
      "rank {} of {}: {}, {}, {}, {} training and {} {} images, total batch {}, {} steps an epoch, "
      "peak lr {:.6f} (lr {:.6f}, lr_scaling {})",
      facts_.rank, facts_.shape.world_size, facts_.device, facts_.backend, config_.model,
      facts_.trained_images, facts_.evaluated_images, config_.validation > 0 ? "held-out" : "test",
      facts_.global_batch, facts_.steps_per_epoch, facts_.peak_lr, config_.lr, config_.lr_scaling));
}

void RunReporter::add_step(const StepReport& step) {
  if (event_file_) event_file_->add(step.step, {{"step/loss", step.loss}, {"step/lr", step.lr}});
  log_line(fmt::format("epoch {}/{}  step {}/{}  loss {:.4f}  lr {:.6f}  {}", step.epoch,
                       config_.epochs, step.step_of_epoch, facts_.steps_per_epoch, step.loss,
                       step.lr, speed_text(step.images_per_second)));
}

void RunReporter::add_epoch(const EpochMetrics& metrics, double images, double seconds,
                            bool is_interrupted) {
  summary_.add(metrics, images, seconds);
  log_line(describe(metrics, config_.epochs));
  if (metrics_file_) {
    folder_.check_ours();
    metrics_file_->append(metrics);
  }
  if (event_file_ && !is_interrupted) event_file_->add(metrics.step, scalars(metrics));
}

void RunReporter::finish(const RunResult& result) {
  summary_.progress = result.progress;
  summary_.final_test = result.test;
  summary_.held_back_by = bottlenecks(summary_.shares, summary_.skew, facts_.shape);
  summary_.seconds = result.seconds;
  summary_.checkpoint_seconds = result.checkpoint_seconds;
  summary_.peak_memory_bytes = result.peak_memory_bytes;
  summary_.parameter_digest = fmt::format("{:016x}", result.parameter_digest);
  if (facts_.rank == 0) {
    folder_.check_ours();
    write_confusion_csv(folder_.confusion(), result.test.confusion, summary_.classes);
    write_summary(folder_.summary(), config_, summary_);
    log_line(describe(config_, summary_));
  }
  log_line(fmt::format("rank {}: parameter digest {}", facts_.rank, summary_.parameter_digest));
}

}  // namespace dplaunch
