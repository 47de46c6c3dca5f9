#include "worker/report/summary.h"

#include <nlohmann/json.hpp>

#include "base/files/atomic_file.h"
#include "common/record_keys.h"
#include "worker/report/confusion_report.h"
#include "worker/report/log.h"
#include "worker/report/result_text.h"

namespace dplaunch {
namespace {

double training_speed(const Summary& s) {
  return s.train_seconds > 0 ? static_cast<double>(s.images_trained) / s.train_seconds : 0;
}

}  // namespace

void Summary::add(const EpochMetrics& metrics, double images, double spent_seconds) {
  images_trained += static_cast<std::int64_t>(images);
  const double before = train_seconds;
  train_seconds += spent_seconds;
  if (train_seconds <= 0) return;
  const double weight = spent_seconds / train_seconds;
  const auto blend = [&](double& mean, double value) {
    mean = before > 0 ? mean + weight * (value - mean) : value;
  };
  blend(shares.data_wait, metrics.shares.data_wait);
  blend(shares.forward, metrics.shares.forward);
  blend(shares.backward, metrics.shares.backward);
  blend(shares.all_reduce, metrics.shares.all_reduce);
  blend(shares.update, metrics.shares.update);
  blend(skew.slowest_over_mean, metrics.skew.slowest_over_mean);
  skew.slowest_rank = metrics.skew.slowest_rank;
}

void write_summary(const std::filesystem::path& path, const Config& config, const Summary& s) {
  nlohmann::ordered_json json = {{kFormatVersion, kRecordFormat},
                                 {kStartId, s.start_id},
                                 {summary_key::kStatus, "finished"},
                                 {"model", config.model},
                                 {summary_key::kParameters, s.parameters},
                                 {summary_key::kDevice, s.device},
                                 {"backend", s.backend},
                                 {summary_key::kWorldSize, s.world_size},
                                 {summary_key::kTotalBatch, config.bsize * s.world_size},
                                 {summary_key::kEpochs, s.progress.epochs_done},
                                 {summary_key::kSteps, s.progress.steps_done},
                                 {summary_key::kSyntheticData, s.is_synthetic},
                                 {summary_key::kImagesPerSecond, training_speed(s)},
                                 {summary_key::kTrainSeconds, s.train_seconds},
                                 {summary_key::kCheckpointSeconds, s.checkpoint_seconds},
                                 {summary_key::kSeconds, s.seconds},
                                 {summary_key::kPeakMemoryBytes, s.peak_memory_bytes},
                                 {"parameter_digest", s.parameter_digest}};
  if (s.final_test) {
    json[summary_key::kFinalSet] = s.is_validation ? "validation" : "test";
    json[s.is_validation ? "final_validation_loss" : "final_test_loss"] = s.final_test->loss;
    json[summary_key::kFinalTop1] = s.final_test->top1_percent();
    json["final_top5"] = s.final_test->top5_percent();
    json[s.is_validation ? "validation_images" : "test_images"] = s.final_test->images;
  }
  json[summary_key::kHeldBackBy] = s.held_back_by;
  if (s.progress.best_epoch > 0) {
    json[summary_key::kBestTop1] = s.progress.best_top1;
    json[summary_key::kBestEpoch] = s.progress.best_epoch;
  }
  if (s.final_test && s.final_test->has_confusion()) {
    json["confusion"] = confusion_json(s.final_test->confusion, s.classes);
  }
  write_file_atomically(path, json.dump(2) + "\n");
}

std::string describe(const Config& config, const Summary& s) {
  std::string text = "\nresult\n";
  text += result_row("model", config.model + ", " + std::to_string(s.parameters) + " parameters");
  text +=
      result_row("processes", std::to_string(s.world_size) + " x " + s.device + " (" + s.backend +
                                  "), total batch " + std::to_string(config.bsize * s.world_size));
  text += result_row("trained", std::to_string(s.progress.epochs_done) + " epochs, " +
                                    std::to_string(s.progress.steps_done) + " steps");
  if (s.final_test) {
    const std::string set = s.is_validation ? "validation" : "test";
    text +=
        result_row(set + " top-1", fixed(s.final_test->top1_percent(), 2) + "%  of " +
                                       std::to_string(s.final_test->images) + " images" +
                                       (s.is_synthetic ? "  (SYNTHETIC data: means nothing)" : ""));
    text += result_row(set + " top-5", fixed(s.final_test->top5_percent(), 2) + "%");
  }
  if (s.final_test && s.final_test->has_confusion()) {
    text += describe_confusion(s.final_test->confusion, s.classes);
  }
  if (s.progress.best_epoch > 0) {
    text += result_row("best top-1", fixed(s.progress.best_top1, 2) + "%  in epoch " +
                                         std::to_string(s.progress.best_epoch));
  }
  text += result_row("speed", speed_text(training_speed(s)));
  text += result_row("time",
                     fixed(s.seconds, 1) + " s, of which training " + fixed(s.train_seconds, 1));
  const char* label = "held back by";
  for (const std::string& line : s.held_back_by) {
    text += result_row(label, line);
    label = "";
  }
  text += result_row("memory", std::to_string(s.peak_memory_bytes >> 20) + " MiB at most, rank 0");
  return text;
}

}  // namespace dplaunch
