#include "base/text/words.h"

#include <fmt/core.h>

#include <algorithm>

namespace dplaunch {

std::string counted(std::int64_t count, std::string_view noun, std::string_view plural) {
  if (count == 1) return fmt::format("1 {}", noun);
  return plural.empty() ? fmt::format("{} {}s", count, noun) : fmt::format("{} {}", count, plural);
}

std::string joined(const std::vector<std::string>& words, std::string_view separator) {
  std::string text;
  for (const std::string& word : words) {
    if (&word != &words.front()) text += separator;
    text += word;
  }
  return text;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> pieces;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find(separator, start), text.size());
    pieces.emplace_back(text.substr(start, end - start));
    start = end + 1;
  }
  return pieces;
}

std::string seconds_text(std::chrono::milliseconds time) {
  const auto tenths = time.count() % 1000 / 100;
  if (time.count() % 1000 == 0) return fmt::format("{} s", time.count() / 1000);
  return fmt::format("{}.{} s", time.count() / 1000, tenths);
}

std::string local_time_text(std::time_t time) {
  std::tm fields{};
  ::localtime_r(&time, &fields);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &fields);
  return text;
}

std::string gib_text(std::int64_t bytes) {
  return fmt::format("{:.1f}", static_cast<double>(bytes) / (1 << 30));
}

std::string bytes_text(std::int64_t bytes) {
  constexpr double kFactor = 1024;
  if (bytes < static_cast<std::int64_t>(kFactor)) return fmt::format("{} B", bytes);
  auto size = static_cast<double>(bytes);
  const char* unit = "KiB";
  for (const char* each : {"KiB", "MiB", "GiB", "TiB"}) {
    unit = each;
    size /= kFactor;
    if (size < kFactor) break;
  }
  return fmt::format("{:.1f} {}", size, unit);
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  // The table of all pairs of beginnings, of which one row at a time is needed:
  // https://en.wikipedia.org/wiki/Levenshtein_distance
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({substituted, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace dplaunch
