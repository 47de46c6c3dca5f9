#include "worker/report/evaluation.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "base/files/atomic_file.h"
#include "common/record_keys.h"
#include "worker/report/confusion_report.h"
#include "worker/report/result_text.h"

namespace dplaunch {
namespace {

/// The figures are of the set that the run itself was evaluated on.
const char* set_name(const Config& config) {
  return config.validation > 0 ? "validation" : "test";
}

double images_per_second(const Evaluation& e) {
  return e.seconds > 0 ? static_cast<double>(e.metrics.images) / e.seconds : 0;
}

}  // namespace

void write_evaluation(const std::filesystem::path& path, const Config& config,
                      const Evaluation& e) {
  const nlohmann::ordered_json json = {
      {kFormatVersion, kRecordFormat},
      {"checkpoint", e.checkpoint.string()},
      {"model", config.model},
      {"set", set_name(config)},
      {"images", e.metrics.images},
      {"loss", e.metrics.loss},
      {"top1", e.metrics.top1_percent()},
      {"top5", e.metrics.top5_percent()},
      {"top1_correct", e.metrics.top1_correct},
      {"top5_correct", e.metrics.top5_correct},
      {"synthetic_data", e.is_synthetic},
      {"device", e.device},
      {"backend", e.backend},
      {"world_size", e.world_size},
      {"seconds", e.seconds},
      {"images_per_second", images_per_second(e)},
      {"confusion", confusion_json(e.metrics.confusion, e.classes)}};
  // A path may hold any bytes; a bad one becomes U+FFFD instead of an exception.
  write_file_atomically(
      path, json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
}

std::string describe(const Config& config, const Evaluation& e) {
  const std::string set = set_name(config);
  std::string text = "\nresult\n";
  text += result_row("processes", fmt::format("{} x {} ({})", e.world_size, e.device, e.backend));
  text += result_row(
      set + " top-1",
      fmt::format("{:.2f}%  {} of {} images{}", e.metrics.top1_percent(), e.metrics.top1_correct,
                  e.metrics.images, e.is_synthetic ? "  (SYNTHETIC data: means nothing)" : ""));
  text += result_row(set + " top-5", fmt::format("{:.2f}%", e.metrics.top5_percent()));
  text += result_row(set + " loss", fmt::format("{:.4f}", e.metrics.loss));
  text += describe_confusion(e.metrics.confusion, e.classes);
  text += result_row("speed", speed_text(images_per_second(e)));
  text.pop_back();  // the log ends the last line
  return text;
}

}  // namespace dplaunch
