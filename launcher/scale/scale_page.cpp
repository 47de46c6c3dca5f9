#include "launcher/scale/scale_page.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/text/words.h"
#include "common/record_keys.h"
#include "launcher/scale/scale_tables.h"

namespace dplaunch {
namespace {

constexpr double kMsPerSecond = 1000;

std::vector<const PointResult*> results_of_kind(const ScaleReport& report, PointKind kind) {
  std::vector<const PointResult*> found;
  for (const PointResult& result : report.results) {
    if (result.point.kind == kind && result.rate.count > 0) found.push_back(&result);
  }
  return found;
}

ChartPoint point_at(double x, const MedianInterval& interval, double unit = 1) {
  return {x, interval.median * unit, interval.low * unit, interval.high * unit, interval.count > 1};
}

using Member = MedianInterval PointResult::*;

/// A kind of point looks the same in all charts.
ChartSeries points_of_kind(const std::string& name, PointKind kind) {
  return {name, {}, SeriesStyle::kPoints, static_cast<std::size_t>(kind)};
}

/// Nothing is measured between two numbers of processes, so no line joins the points.
ChartSeries series_of(const ScaleReport& report, const std::string& name, PointKind kind,
                      Member member, double unit = 1) {
  ChartSeries series = points_of_kind(name, kind);
  for (const PointResult* result : results_of_kind(report, kind)) {
    const MedianInterval& interval = result->*member;
    if (interval.count > 0) {
      series.points.push_back(point_at(result->point.processes, interval, unit));
    }
  }
  return series;
}

void add_if_any(LineChart& chart, ChartSeries series) {
  if (!series.points.empty()) chart.series.push_back(std::move(series));
}

std::vector<double> world_sizes(const ScaleReport& report) {
  std::vector<double> sizes;
  for (const PointResult& result : report.results) sizes.push_back(result.point.processes);
  std::sort(sizes.begin(), sizes.end());
  sizes.erase(std::unique(sizes.begin(), sizes.end()), sizes.end());
  return sizes;
}

ChartAxis processes_axis(const ScaleReport& report) {
  return {.title = "processes", .scale = AxisScale::kLog2, .ticks = world_sizes(report)};
}

/// "95%": how often the intervals cover the median, with as many blocks as there are.
std::string coverage(const ScaleReport& report) {
  double least = kConfidence;
  for (const PointResult& result : report.results) {
    if (result.rate.count > 0) least = std::min(least, result.rate.coverage);
  }
  return fmt::format("{:.0f}%", 100 * least);
}

LineChart time_chart(const ScaleReport& report) {
  const bool is_command = report.experiment.is_command();
  const Member member = is_command ? &PointResult::wall_seconds : &PointResult::step_seconds;
  const double unit = is_command ? 1 : kMsPerSecond;
  LineChart chart{.id = "time",
                  .title = is_command ? "Time of the whole job" : "Time of a step",
                  .text = fmt::format("Median of the runs and its {} interval; less is better.",
                                      coverage(report)),
                  .x = processes_axis(report),
                  .y = {.title = is_command ? "seconds" : "milliseconds", .has_zero = true}};
  add_if_any(chart, series_of(report, "one process", PointKind::kBaseline, member, unit));
  add_if_any(chart, series_of(report, "a batch each", PointKind::kWeak, member, unit));
  add_if_any(chart, series_of(report, "one's batch shared", PointKind::kStrong, member, unit));
  add_if_any(chart, series_of(report, "one with a group", PointKind::kGroupOfOne, member, unit));
  add_if_any(chart, series_of(report, "one on all cores", PointKind::kAllCores, member, unit));
  return chart;
}

template <typename Speedup>
ChartSeries bound(const ScaleReport& report, const std::string& name, const Speedup& speedup) {
  ChartSeries series{name, {}, SeriesStyle::kReference};
  for (const double size : world_sizes(report))
    series.points.push_back({.x = size, .y = speedup(size)});
  return series;
}

/// Of processes with a batch each and of those that share one's, where there are such.
void add_bounds(LineChart& chart, const ScaleReport& report) {
  chart.series.push_back(bound(report, "ideal", [](double size) { return size; }));
  if (!report.bounds) return;
  const SpeedupBounds& bounds = *report.bounds;
  const auto with_overhead = [&bounds](PointKind kind) {
    return [&bounds, kind](double size) { return *overhead_bound(bounds, kind, size); };
  };
  const bool has_overhead = bounds.overhead_share.has_value();
  if (has_overhead && !results_of_kind(report, PointKind::kWeak).empty()) {
    chart.series.push_back(
        bound(report, "with the group's own cost", with_overhead(PointKind::kWeak)));
  }
  if (results_of_kind(report, PointKind::kStrong).empty()) return;
  chart.series.push_back(bound(report, "Amdahl, the update being serial", [&](double size) {
    return amdahl_bound(bounds, PointKind::kStrong, size);
  }));
  if (!has_overhead) return;
  chart.series.push_back(
      bound(report, "Amdahl with the group's own cost", with_overhead(PointKind::kStrong)));
}

LineChart speedup_chart(const ScaleReport& report) {
  LineChart chart{.id = "speedup",
                  .title = "Speed-up over one process",
                  .text = fmt::format("Median of the ratios within blocks and its {} interval.",
                                      coverage(report)),
                  .x = processes_axis(report),
                  .y = {.title = "times as fast", .has_zero = true}};
  add_if_any(chart, series_of(report, "a batch each", PointKind::kWeak, &PointResult::speedup));
  add_if_any(chart,
             series_of(report, "one's batch shared", PointKind::kStrong, &PointResult::speedup));
  add_bounds(chart, report);
  return chart;
}

/// Medians over the runs of what the time of a step with its share of evaluations goes to, in ms.
std::optional<StackedBars> parts_chart(const ScaleReport& report) {
  StackedBars chart{.id = "parts",
                    .title = "Where the time of a step goes",
                    .text = "Medians over the runs; of several ranks the mean one's.",
                    .x_title = "processes",
                    .y = {.title = "milliseconds"},
                    .parts = {{"computing", {}},
                              {"waiting for batches", {}},
                              {"waiting for the slowest rank", {}},
                              {"all-reduce and vote", {}},
                              {"evaluations", {}},
                              {"checkpoints", {}}}};
  for (const PointResult& result : report.results) {
    std::map<std::size_t, std::vector<double>> values;
    for (const RunRecord* run : measured_runs(report.records, result.point.name)) {
      if (!run->figures) return std::nullopt;
      const RunFigures& f = *run->figures;
      const double parts[] = {f.compute_seconds,
                              f.own_seconds - f.compute_seconds,
                              f.max_own_seconds - f.own_seconds,
                              f.step_seconds - f.max_own_seconds,
                              f.evaluation_seconds,
                              f.checkpoint_seconds};
      for (std::size_t i = 0; i < std::size(parts); ++i) values[i].push_back(parts[i]);
    }
    if (values.empty()) continue;
    chart.labels.push_back(result.point.name);
    for (std::size_t i = 0; i < chart.parts.size(); ++i) {
      chart.parts[i].values.push_back(kMsPerSecond * median(values[i]));
    }
  }
  return chart.labels.empty() ? std::nullopt : std::optional(std::move(chart));
}

LineChart block_chart(const ScaleReport& report) {
  const bool has_metric = !report.experiment.metric.empty();
  const std::string y = has_metric                       ? "rate, by --metric"
                        : report.experiment.is_command() ? "seconds of the whole job"
                                                         : "milliseconds a step";
  LineChart chart{.id = "blocks",
                  .title = "Every run, by block",
                  .text = "A machine that drifts shows here; the ratios are within blocks.",
                  .x = {.title = "block", .is_whole = true},
                  .y = {.title = y, .has_zero = true}};
  for (const PointResult& result : report.results) {
    if (chart.series.size() == kMaxSeries) break;
    ChartSeries series{result.point.name, {}, SeriesStyle::kLine};
    for (const RunRecord* run : measured_runs(report.records, result.point.name)) {
      const double value = run->figures ? kMsPerSecond * run->figures->step_seconds
                           : has_metric ? run->rate
                                        : run->wall_seconds;
      series.points.push_back({.x = static_cast<double>(run->block), .y = value});
    }
    add_if_any(chart, std::move(series));
  }
  return chart;
}

/// What has no end, "never", has no place in it.
LineChart accuracy_chart(const ScaleReport& report) {
  const double percent = report.accuracy.front().point.to_top1_percent;
  LineChart chart{.id = "accuracy",
                  .title = fmt::format("Training to {:g}% top-1", percent),
                  .text =
                      "Median of the runs and its interval; less is better. A run that did not "
                      "get there counts as one that takes for ever.",
                  .x = processes_axis(report),
                  .y = {.title = "seconds", .has_zero = true}};
  const std::pair<PointKind, const char*> kinds[] = {{PointKind::kBaseline, "one process"},
                                                     {PointKind::kWeak, "a batch each"},
                                                     {PointKind::kStrong, "one's batch shared"}};
  for (const auto& [kind, name] : kinds) {
    ChartSeries series = points_of_kind(name, kind);
    for (const AccuracyResult& result : report.accuracy) {
      if (result.point.kind != kind || result.reached == 0) continue;
      series.points.push_back(point_at(result.point.processes, result.seconds));
    }
    add_if_any(chart, std::move(series));
  }
  return chart;
}

/// An interval stays in one line.
PageTable page_table(ReportTable table) {
  std::vector<bool> is_number(table.head.size(), true);
  is_number.front() = false;
  return {.head = std::move(table.head),
          .rows = std::move(table.rows),
          .is_number = std::move(is_number)};
}

void add_words(Page& page, const ScaleReport& report) {
  if (is_beyond_cores(report)) {
    page.add_notice(NoticeTone::kProblem, fmt::format("cannot scale here: {} processes on {} cores",
                                                      report.experiment.most_processes(),
                                                      report.experiment.usable_cores));
  }
  page.add_table(page_table(times_table(report)));
  const ReportTable factors = factors_table(report);
  if (!factors.rows.empty()) page.add_table(page_table(factors));
  const ReportTable accuracy = accuracy_table(report);
  if (!accuracy.rows.empty()) page.add_table(page_table(accuracy));
  page.add_lines(scale_words(report));
}

void add_tiles(Page& page, const ScaleReport& report) {
  std::vector<PageTile> tiles;
  for (const PointResult& result : report.results) {
    if (result.point.processes == 1 || result.speedup.count == 0 || is_beyond_cores(report))
      continue;
    tiles.push_back({fmt::format("{}: speed-up", result.point.name),
                     fmt::format("{:.2f}", result.speedup.median),
                     fmt::format("{:.2f} to {:.2f}; efficiency {:.0f}%", result.speedup.low,
                                 result.speedup.high, 100 * result.efficiency.median)});
  }
  if (!tiles.empty()) page.add_tiles(tiles);
}

/// Lists as words.
std::string shown_value(const Json& value) {
  if (value.is_array()) {
    std::vector<std::string> words;
    for (const Json& one : value) words.push_back(shown_value(one));
    return words.empty() ? "none" : joined(words);
  }
  return value.is_string() ? value.get<std::string>()
                           : value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void add_setting(Page& page, const ScaleReport& report) {
  PageTable table{.head = {"what", "value"}};
  const Json plan = plan_json(report.experiment);
  for (const auto& [key, value] : plan.items()) {
    if (key != "config" && key != kFormatVersion) table.rows.push_back({key, shown_value(value)});
  }
  page.add_section("Setting");
  page.add_table(table);
  const Json& config = member_in(plan, "config");
  if (!config.is_object()) return;
  PageTable keys{.head = {"key", "value"}};
  for (const auto& [key, value] : config.items()) keys.rows.push_back({key, shown_value(value)});
  page.add_section("Configuration");
  page.add_table(keys);
}

}  // namespace

Page scale_page(const ScaleReport& report, const std::string& made_by) {
  const Experiment& experiment = report.experiment;
  Page page("Scale-out: " + experiment.folder.filename().string(),
            fmt::format("{} runs in randomised blocks", report.records.size()), made_by);
  add_tiles(page, report);
  add_words(page, report);
  page.add_section("Charts");
  page.add_chart(time_chart(report));
  page.add_chart(speedup_chart(report));
  if (const auto parts = parts_chart(report)) page.add_chart(*parts);
  page.add_chart(block_chart(report));
  if (!report.accuracy.empty()) page.add_chart(accuracy_chart(report));
  add_setting(page, report);
  page.add_data("scale", scale_json(report));
  return page;
}

}  // namespace dplaunch
