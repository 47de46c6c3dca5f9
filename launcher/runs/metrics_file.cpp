#include "launcher/runs/metrics_file.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "base/files/json_fields.h"
#include "base/files/read_file.h"
#include "base/files/unique_fd.h"
#include "base/text/words.h"
#include "common/record_keys.h"

namespace dplaunch {
namespace {

// A line has some 500 bytes, so that this holds more epochs than anybody asks for; a long run's
// whole file would be read at each look.
constexpr std::size_t kTailBytes = 32768;

std::string tail_of(const std::filesystem::path& path) {
  const UniqueFd file = open_if_there(path);
  if (!file) return {};
  std::error_code error;
  const std::uintmax_t size_bytes = std::filesystem::file_size(path, error);
  const std::size_t begin = error || size_bytes < kTailBytes ? 0 : size_bytes - kTailBytes;
  std::string tail(kTailBytes, '\0');
  tail.resize(read_at(file.get(), begin, tail.data(), tail.size(), path));
  return tail;
}

/// The objects in the last part of the file. A line that is being written does not parse.
std::vector<std::pair<std::string, Json>> last_objects(const std::filesystem::path& path) {
  std::vector<std::pair<std::string, Json>> objects;
  for (const std::string& line : split(tail_of(path), '\n')) {
    Json object = parse_json(line);
    if (object.is_object()) objects.emplace_back(line, std::move(object));
  }
  return objects;
}

}  // namespace

EpochRecords read_epochs(const std::filesystem::path& path) {
  constexpr std::size_t kMaxBytes = 512 << 20;  // of a million epochs, the most that there can be
  const std::vector<std::string> lines = split(read_file(path, kMaxBytes).value_or(""), '\n');
  EpochRecords records;
  for (const std::string& line : lines) {
    Json epoch = parse_json(line);
    if (epoch.is_object()) {
      records.epochs.push_back(std::move(epoch));
    } else if (&line != &lines.back()) {
      ++records.damaged;
    }
  }
  return records;
}

double figure_in(const Json& epoch, const char* key) {
  return number_in(epoch, key, std::numeric_limits<double>::quiet_NaN());
}

std::optional<EvaluationFigures> evaluation_in(const Json& epoch) {
  for (const std::string set : {"test", "validation"}) {
    const std::string loss = set + metrics_key::kLossOf;
    const std::string top1 = set + metrics_key::kTop1Of;
    if (!epoch.contains(loss) && !epoch.contains(top1)) continue;
    return EvaluationFigures{set, figure_in(epoch, loss.c_str()), figure_in(epoch, top1.c_str())};
  }
  return {};
}

double mean_epoch_seconds(const std::filesystem::path& path, std::size_t max_epochs) {
  const auto objects = last_objects(path);
  const std::size_t count = std::min(max_epochs, objects.size());
  if (count == 0) return 0;
  double sum = 0;
  for (std::size_t i = objects.size() - count; i < objects.size(); ++i) {
    sum += number_in(objects[i].second, metrics_key::kSeconds);
  }
  return sum / static_cast<double>(count);
}

std::string last_metrics_line(const std::filesystem::path& path) {
  const auto objects = last_objects(path);
  return objects.empty() ? std::string() : objects.back().first;
}

}  // namespace dplaunch
