#include "launcher/command_line/quantities.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/text/choice.h"
#include "base/text/parse_number.h"
#include "base/text/printable.h"
#include "base/text/words.h"

namespace dplaunch {
namespace {

struct Written {
  double number = 0;
  std::string unit;
};

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

std::string without_spaces(std::string_view text) {
  std::string result;
  std::ranges::copy_if(text, std::back_inserter(result), [](char c) { return c != ' '; });
  return result;
}

std::optional<Written> read(const std::string& text) {
  const std::string dense = without_spaces(text);
  Written written;
  const char* const end = dense.data() + dense.size();
  const auto [stop, error] = std::from_chars(dense.data(), end, written.number);
  if (error != std::errc() || !std::isfinite(written.number) || written.number < 0) return {};
  written.unit.assign(stop, end);
  return written;
}

/// Takes "k", "M", "Gi" and so on from the unit's beginning.
double take_prefix(std::string& unit) {
  constexpr std::string_view kPrefixes = "kmgtp";
  if (unit.empty()) return 1;
  const std::size_t place = kPrefixes.find(lower(unit.substr(0, 1)));
  if (place == std::string_view::npos) return 1;
  const bool is_binary = unit.size() > 1 && (unit[1] == 'i' || unit[1] == 'I');
  // "bit" and "byte" do not begin with a prefix, and no prefix is followed by "it".
  unit.erase(0, is_binary ? 2 : 1);
  return std::pow(is_binary ? 1024.0 : 1000.0, static_cast<double>(place + 1));
}

void drop_end(std::string& unit, std::string_view end) {
  if (lower(unit).ends_with(end)) unit.erase(unit.size() - end.size());
}

/// Bytes that one of the unit is; of a bare prefix the other value.
std::optional<double> bytes_of(const std::string& unit, double bare) {
  if (unit.empty()) return bare;
  if (unit == "b") return 1.0 / 8;
  if (unit == "B") return 1;
  return choice_of<double>(lower(unit),
                           {{"bit", 1.0 / 8}, {"bits", 1.0 / 8}, {"byte", 1}, {"bytes", 1}});
}

[[noreturn]] void refuse(const std::string& text, const std::string& option, const char* what,
                         const char* hint) {
  throw Error(ExitCode::kUsage, fmt::format("{} \"{}\" is not {}", option, printable(text), what),
              hint);
}

std::optional<int> process_count(std::string_view text) {
  constexpr int kMost = 1'000'000;
  const std::optional<int> count = parse_number<int>(text);
  if (count && *count >= 1 && *count <= kMost) return count;
  return std::nullopt;
}

/// "4", or "1..1024".
std::optional<std::vector<int>> read_range(const std::string& text) {
  const std::size_t dots = text.find("..");
  if (dots == std::string::npos) {
    const auto count = process_count(text);
    if (!count) return {};
    return std::vector{*count};
  }
  const auto first = process_count(std::string_view(text).substr(0, dots));
  const auto last = process_count(std::string_view(text).substr(dots + 2));
  if (!first || !last || *first > *last) return {};
  std::vector<int> counts;
  for (int count = *first; count < *last; count *= 2) counts.push_back(count);
  counts.push_back(*last);
  return counts;
}

}  // namespace

double parse_bandwidth(const std::string& text, const std::string& option) {
  if (auto written = read(text); written && written->number > 0 && !written->unit.empty()) {
    drop_end(written->unit, "/s");
    drop_end(written->unit, "ps");
    const double prefix = take_prefix(written->unit);
    const auto bytes = bytes_of(written->unit, 1.0 / 8);
    if (bytes) return written->number * prefix * *bytes;
  }
  refuse(text, option, "a bandwidth",
         "bits as \"200Gb\" or \"200 Gbit/s\", bytes as \"25GB/s\" or \"900 MB/s\"");
}

double parse_duration(const std::string& text, const std::string& option) {
  if (const auto written = read(text)) {
    const auto seconds = choice_of<double>(lower(written->unit), {{"ns", 1e-9},
                                                                  {"us", 1e-6},
                                                                  {"µs", 1e-6},
                                                                  {"μs", 1e-6},
                                                                  {"ms", 1e-3},
                                                                  {"s", 1},
                                                                  {"sec", 1},
                                                                  {"min", 60},
                                                                  {"m", 60},
                                                                  {"h", 3600}});
    if (seconds) return written->number * *seconds;
    if (written->unit.empty() && written->number == 0) return 0;
  }
  refuse(text, option, "a time", "with its unit: \"5us\", \"1.5 ms\", \"2s\", \"30min\"");
}

double parse_size(const std::string& text, const std::string& option) {
  if (auto written = read(text); written && written->number > 0) {
    const double prefix = take_prefix(written->unit);
    if (written->unit == "b") written->unit = "B";  // nobody counts a gradient in bits
    const auto bytes = bytes_of(written->unit, 1);
    if (bytes) return written->number * prefix * *bytes;
  }
  refuse(text, option, "a size", "in bytes: \"44.9MB\", \"25MiB\", \"4096\"");
}

std::vector<int> parse_world_sizes(const std::string& text, const std::string& option) {
  std::vector<int> all;
  for (const std::string& word : split(without_spaces(text), ',')) {
    const auto counts = read_range(word);
    if (!counts) {
      refuse(text, option, "a list of numbers of processes from 1 to 1000000",
             "\"1,2,4\", or \"1..1024\" for 1, 2, 4, ... 1024");
    }
    all.insert(all.end(), counts->begin(), counts->end());
  }
  std::ranges::sort(all);
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

}  // namespace dplaunch
