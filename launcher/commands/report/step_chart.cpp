#include "launcher/commands/report/step_chart.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <utility>

namespace dplaunch {
namespace {

constexpr double kMsPerSecond = 1000;

std::vector<ChartPoint> step_points(const std::vector<StepTimes>& steps) {
  std::vector<ChartPoint> points;
  for (const StepTimes& step : steps) {
    points.push_back({.x = static_cast<double>(step.step), .y = kMsPerSecond * step.seconds});
  }
  return points;
}

/// Of each step the rank that took longest: what the step took.
std::vector<ChartPoint> slowest_of(const RankSteps& ranks) {
  std::map<std::int64_t, double> slowest;
  for (const auto& [rank, steps] : ranks) {
    for (const StepTimes& step : steps) {
      double& most = slowest[step.step];
      most = std::max(most, step.seconds);
    }
  }
  std::vector<ChartPoint> points;
  for (const auto& [step, seconds] : slowest) {
    points.push_back({.x = static_cast<double>(step), .y = kMsPerSecond * seconds});
  }
  return points;
}

}  // namespace

void add_step_chart(Page& page, const ReportedRuns& runs) {
  LineChart chart{.id = "step-times",
                  .title = "Time of each training step",
                  .x = {.title = "step", .is_whole = true},
                  .y = {.title = "milliseconds", .has_zero = true}};
  const bool is_one = runs.size() == 1;
  for (const ReportedRun& reported : runs) {
    if (reported.steps.empty()) continue;
    if (!is_one || reported.steps.size() > kMaxSeries) {
      chart.text = is_one ? fmt::format("The slowest of {} ranks.", reported.steps.size())
                          : "The slowest rank's.";
      chart.series.push_back({is_one ? "slowest rank" : reported.curve, slowest_of(reported.steps),
                              SeriesStyle::kLine});
      continue;
    }
    for (const auto& [rank, steps] : reported.steps) {
      chart.series.push_back(
          {fmt::format("rank {}", rank), step_points(steps), SeriesStyle::kLine});
    }
  }
  if (chart.series.empty()) return;
  choose_scale(chart);
  page.add_chart(chart);
}

}  // namespace dplaunch
