#include "worker/report/evaluation.h"

#include <nlohmann/json.hpp>

#include "base/files/atomic_file.h"
#include "worker/report/confusion_report.h"
#include "worker/report/log.h"
#include "worker/report/result_row.h"
#include "worker/report/speed_text.h"

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
  text += result_row("processes",
                     std::to_string(e.world_size) + " x " + e.device + " (" + e.backend + ")");
  text +=
      result_row(set + " top-1", fixed(e.metrics.top1_percent(), 2) + "%  " +
                                     std::to_string(e.metrics.top1_correct) + " of " +
                                     std::to_string(e.metrics.images) + " images" +
                                     (e.is_synthetic ? "  (SYNTHETIC data: means nothing)" : ""));
  text += result_row(set + " top-5", fixed(e.metrics.top5_percent(), 2) + "%");
  text += result_row(set + " loss", fixed(e.metrics.loss, 4));
  text += describe_confusion(e.metrics.confusion, e.classes);
  text += result_row("speed", speed_text(images_per_second(e)));
  text.pop_back();  // the log ends the last line
  return text;
}

}  // namespace dplaunch
