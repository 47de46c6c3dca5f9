#include "worker/report/metrics.h"

#include <fmt/core.h>

#include <cerrno>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files/atomic_file.h"
#include "base/files/json_fields.h"
#include "base/files/read_file.h"
#include "base/text/words.h"
#include "common/record_keys.h"
#include "worker/report/result_text.h"

namespace dplaunch {
namespace {

nlohmann::ordered_json to_json(const EpochMetrics& metrics) {
  nlohmann::ordered_json line = {{metrics_key::kEpoch, metrics.epoch},
                                 {"step", metrics.step},
                                 {metrics_key::kImages, metrics.images},
                                 {metrics_key::kTrainLoss, metrics.train_loss},
                                 {metrics_key::kTrainTop1, metrics.train_top1},
                                 {metrics_key::kLr, metrics.lr},
                                 {metrics_key::kImagesPerSecond, metrics.images_per_second()},
                                 {metrics_key::kTrainSeconds, metrics.train_seconds},
                                 {"data_wait_seconds", metrics.data_wait_seconds},
                                 {metrics_key::kShareDataWait, metrics.shares.data_wait},
                                 {metrics_key::kShareForward, metrics.shares.forward},
                                 {metrics_key::kShareBackward, metrics.shares.backward},
                                 {metrics_key::kShareAllReduce, metrics.shares.all_reduce},
                                 {metrics_key::kShareUpdate, metrics.shares.update},
                                 {metrics_key::kRankSkew, metrics.skew.slowest_over_mean},
                                 {metrics_key::kSlowestRank, metrics.skew.slowest_rank},
                                 {metrics_key::kEvaluationSeconds, metrics.evaluation_seconds},
                                 {metrics_key::kCheckpointSeconds, metrics.checkpoint_seconds},
                                 {metrics_key::kSeconds, metrics.seconds}};
  if (metrics.test) {
    const std::string set = metrics.is_validation ? "validation" : "test";
    line[set + metrics_key::kLossOf] = metrics.test->loss;
    line[set + metrics_key::kTop1Of] = metrics.test->top1_percent();
    line[set + metrics_key::kTop5Of] = metrics.test->top5_percent();
    line[set + "_images"] = metrics.test->images;
  }
  return line;
}

}  // namespace

double percent(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

double TestMetrics::top1_percent() const {
  return percent(top1_correct, images);
}

double TestMetrics::top5_percent() const {
  return percent(top5_correct, images);
}

double EpochMetrics::images_per_second() const {
  return train_seconds > 0 ? static_cast<double>(images) / train_seconds : 0;
}

std::string describe(const EpochMetrics& m, std::int64_t epochs) {
  std::string line = fmt::format("epoch {}/{}  train loss {:.4f}  top-1 {:.2f}%", m.epoch, epochs,
                                 m.train_loss, m.train_top1);
  if (m.test) {
    line += fmt::format("  |  {} loss {:.4f}  top-1 {:.2f}%  top-5 {:.2f}%",
                        m.is_validation ? "validation" : "test", m.test->loss,
                        m.test->top1_percent(), m.test->top5_percent());
  }
  line +=
      fmt::format("  |  {}  {:.1f} s  (data {}, forward {}, backward {}, all-reduce {}, update {}",
                  speed_text(m.images_per_second()), m.seconds, percent_text(m.shares.data_wait),
                  percent_text(m.shares.forward), percent_text(m.shares.backward),
                  percent_text(m.shares.all_reduce), percent_text(m.shares.update));
  if (m.skew.slowest_over_mean > 1) line += fmt::format("; skew {:.2f}", m.skew.slowest_over_mean);
  return line + ")";
}

std::vector<std::pair<std::string, double>> scalars(const EpochMetrics& m) {
  std::vector<std::pair<std::string, double>> values = {
      {"epoch", static_cast<double>(m.epoch)},
      {"train/loss", m.train_loss},
      {"train/top1_percent", m.train_top1},
      {"train/lr", m.lr},
      {"speed/images_per_second", m.images_per_second()},
      {"speed/rank_skew", m.skew.slowest_over_mean},
      {"share/data_wait", m.shares.data_wait},
      {"share/forward", m.shares.forward},
      {"share/backward", m.shares.backward},
      {"share/all_reduce", m.shares.all_reduce},
      {"share/update", m.shares.update}};
  if (m.test) {
    const std::string set = m.is_validation ? "validation" : "test";
    values.emplace_back(set + "/loss", m.test->loss);
    values.emplace_back(set + "/top1_percent", m.test->top1_percent());
    values.emplace_back(set + "/top5_percent", m.test->top5_percent());
  }
  return values;
}

MetricsFile::MetricsFile(std::filesystem::path path, std::int64_t epochs_done)
    : path_(std::move(path)) {
  std::string kept;
  constexpr std::size_t kMaxBytes = 512 << 20;  // of a million epochs, the most that there can be
  for (const std::string& line : split(read_file(path_, kMaxBytes).value_or(""), '\n')) {
    const Json object = parse_json(line);
    // A line cut short by a crash does not parse: its epoch is trained again.
    if (!object.is_object() || !object.contains(metrics_key::kEpoch)) continue;
    const auto& epoch = object[metrics_key::kEpoch];
    if (epoch.is_number_integer() && epoch.get<std::int64_t>() <= epochs_done) kept += line + "\n";
  }
  write_file_atomically(path_, kept);
}

void MetricsFile::append(const EpochMetrics& metrics) {
  std::ofstream file(path_, std::ios::app);
  file << to_json(metrics).dump() << '\n' << std::flush;
  if (!file) {
    throw system_error(ExitCode::kStorage, path_.string() + ": cannot append", errno,
                       "free some space; --resume goes on from the last checkpoint");
  }
}

}  // namespace dplaunch
