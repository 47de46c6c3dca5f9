#include "launcher/scale/scale_tables.h"

#include <fmt/core.h>

#include <utility>

#include "base/text/text_table.h"
#include "base/text/words.h"

namespace dplaunch {
namespace {

std::string value_text(double value) {
  if (is_never(value)) return "never";
  if (value >= 100) return fmt::format("{:.0f}", value);
  return fmt::format("{:.3g}", value);
}

/// "192 [190, 195]"; the median alone of a single run.
std::string interval_text(const MedianInterval& interval, double unit = 1) {
  if (interval.count == 0) return "-";
  const std::string middle = value_text(interval.median * unit);
  if (interval.count == 1) return middle;
  return fmt::format("{} [{}, {}]", middle, value_text(interval.low * unit),
                     value_text(interval.high * unit));
}

std::string ratio_text(const MedianInterval& interval) {
  if (interval.count == 0) return "-";
  if (interval.count == 1) return fmt::format("{:.2f}", interval.median);
  return fmt::format("{:.2f} [{:.2f}, {:.2f}]", interval.median, interval.low, interval.high);
}

}  // namespace

ReportTable times_table(const ScaleReport& report) {
  const bool is_command = report.experiment.is_command();
  ReportTable table{{"PROCESSES", "RUNS", is_command ? "WHOLE JOB, s" : "STEP, ms",
                     is_command ? "RATE" : "IMAGES/S", "SPEED-UP", "EFFICIENCY"}};
  table.is_right = {false, true};
  for (const PointResult& result : report.results) {
    const bool is_baseline = result.point == report.experiment.baseline();
    const bool has_efficiency = !is_baseline && result.point.processes > 1 &&
                                result.efficiency.count > 0 && !is_beyond_cores(report);
    table.rows.push_back(
        {result.point.name, std::to_string(result.rate.count),
         is_command ? interval_text(result.wall_seconds) : interval_text(result.step_seconds, 1000),
         interval_text(result.rate),
         is_baseline && result.rate.count > 0 ? "1" : ratio_text(result.speedup),
         has_efficiency ? fmt::format("{:.0f}%", 100 * result.efficiency.median)
                        : std::string("-")});
  }
  return table;
}

ReportTable factors_table(const ScaleReport& report) {
  ReportTable table{{"EFFICIENCY OF", "="}};
  table.is_right = {false, true};
  for (std::size_t i = 0; i < kFactors; ++i) {
    table.head.push_back(fmt::format("{}{}", i > 0 ? "x " : "", name_of(static_cast<Factor>(i))));
  }
  for (const PointResult& result : report.results) {
    if (!result.factors) continue;
    std::vector<std::string> cells = {result.point.name,
                                      fmt::format("{:.3f}", result.efficiency.median)};
    for (const MedianInterval& factor : *result.factors) {
      cells.push_back(fmt::format("{:.3f}", factor.median));
    }
    table.rows.push_back(std::move(cells));
  }
  return table;
}

ReportTable accuracy_table(const ScaleReport& report) {
  ReportTable table{{"TOP-1", "REACHED", "TRAINING, s", "IMAGES", "SPEED-UP"}};
  for (const AccuracyResult& result : report.accuracy) {
    const bool has_speedup = result.speedup.count > 0 && !is_beyond_cores(report);
    table.rows.push_back({result.point.name, fmt::format("{} of {}", result.reached, result.runs),
                          interval_text(result.seconds), interval_text(result.images),
                          result.point.processes == 1 ? "1"
                          : has_speedup               ? ratio_text(result.speedup)
                                                      : "-"});
  }
  return table;
}

std::string text_of(const ReportTable& table) {
  constexpr int kAnyWidth = 1 << 20;
  std::vector<TableColumn> columns;
  for (std::size_t i = 0; i < table.head.size(); ++i) {
    const bool is_right = i < table.is_right.size() && table.is_right[i];
    columns.push_back({table.head[i], is_right ? Align::kRight : Align::kLeft});
  }
  TextTable text(std::move(columns));
  for (const std::vector<std::string>& row : table.rows) text.add(row);
  return joined(text.lines(kAnyWidth), "\n") + "\n";
}

}  // namespace dplaunch
