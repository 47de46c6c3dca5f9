#include "common/gradient_times_file.h"

#include <fmt/core.h>

#include <optional>
#include <string>

#include "base/files/atomic_file.h"
#include "base/text/parse_number.h"
#include "base/text/words.h"
#include "common/csv_rows.h"

namespace dplaunch {
namespace {

constexpr std::size_t kMaxGradientTimesBytes = 16 << 20;
constexpr char kHeader[] = "bytes,ready_seconds";

std::optional<GradientTime> parse_gradient_time(const std::string& row) {
  const std::vector<std::string> fields = split(row, ',');
  if (fields.size() != 2) return std::nullopt;
  const auto bytes = parse_number<std::int64_t>(fields[0]);
  const auto ready_s = parse_number<double>(fields[1]);
  if (!bytes || !ready_s || *bytes < 1) return std::nullopt;
  return GradientTime{*bytes, *ready_s};
}

}  // namespace

void write_gradient_times(const std::filesystem::path& path, std::span<const GradientTime> times) {
  std::string text = fmt::format("{}\n", kHeader);
  for (const GradientTime& time : times) {
    text += fmt::format("{},{:.9f}\n", time.bytes, time.ready_s);
  }
  write_file_atomically(path, text);
}

std::vector<GradientTime> read_gradient_times(const std::filesystem::path& path) {
  std::vector<GradientTime> times;
  for_each_row({path, kMaxGradientTimesBytes, kHeader, "gradient's time"},
               [&](const std::string& row) {
                 const std::optional<GradientTime> time = parse_gradient_time(row);
                 if (time) times.push_back(*time);
                 return time.has_value();
               });
  return times;
}

}  // namespace dplaunch
