#include "launcher/scale/metric.h"

#include <fmt/core.h>

#include <numeric>
#include <regex>
#include <span>

#include "base/error.h"
#include "base/text/parse_number.h"
#include "base/text/words.h"
#include "launcher/scale/steady_state.h"

namespace dplaunch {
namespace {

// std::regex recurses for each character.
constexpr std::size_t kLongestLine = 4096;

}  // namespace

void check_metric(const std::string& pattern) {
  const std::string hint = R"(for example --metric 'images/s: ([0-9.]+)')";
  try {
    if (std::regex(pattern).mark_count() > 0) return;
  } catch (const std::regex_error& error) {
    throw Error(ExitCode::kUsage,
                fmt::format("--metric '{}': no regular expression: {}", pattern, error.what()),
                hint);
  }
  throw Error(ExitCode::kUsage,
              fmt::format("--metric '{}': no group ( ) says where the number is", pattern), hint);
}

std::vector<double> metric_values(const std::string& text, const std::string& pattern) {
  const std::regex regex(pattern);
  std::vector<double> values;
  for (const std::string& line : split(text, '\n')) {
    std::smatch match;
    if (line.size() > kLongestLine || !std::regex_search(line, match, regex)) continue;
    if (const auto value = parse_number<double>(match[1].str())) values.push_back(*value);
  }
  return values;
}

std::optional<double> steady_seconds(const std::vector<double>& values, MetricKind kind) {
  std::vector<double> seconds;
  for (const double value : values) {
    if (value > 0) seconds.push_back(kind == MetricKind::kRate ? 1 / value : value);
  }
  if (seconds.empty()) return std::nullopt;
  const auto steady = std::span(seconds).subspan(warmup_steps(seconds));
  return std::accumulate(steady.begin(), steady.end(), 0.0) / static_cast<double>(steady.size());
}

}  // namespace dplaunch
