#include "launcher/runs/metrics_file.h"

#include <algorithm>
#include <fstream>
#include <utility>
#include <vector>

#include "base/files/json_fields.h"
#include "common/record_keys.h"

namespace dplaunch {
namespace {

// A line has some 500 bytes, so that this holds more epochs than anybody asks for; a long run's
// whole file would be read at each look.
constexpr std::streamoff kTailBytes = 32768;

/// The objects in the last part of the file. A line that is being written does not parse.
std::vector<std::pair<std::string, Json>> last_objects(const std::filesystem::path& path) {
  std::ifstream file(path);
  file.seekg(0, std::ios::end);
  const std::streamoff size = file.tellg();
  file.seekg(std::max<std::streamoff>(0, size - kTailBytes));
  std::vector<std::pair<std::string, Json>> objects;
  for (std::string line; std::getline(file, line);) {
    Json object = Json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (object.is_object()) objects.emplace_back(line, std::move(object));
  }
  return objects;
}

}  // namespace

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
