#include <fmt/core.h>

#include <array>
#include <cmath>
#include <map>
#include <utility>

#include "common/record_keys.h"
#include "launcher/commands/report/step_chart.h"
#include "launcher/commands/report/training_charts.h"

namespace dplaunch {
namespace {

struct TimePart {
  const char* key;
  const char* name;
};

constexpr std::array kShares = {TimePart{metrics_key::kShareDataWait, "waiting for data"},
                                TimePart{metrics_key::kShareForward, "forward"},
                                TimePart{metrics_key::kShareBackward, "backward"},
                                TimePart{metrics_key::kShareAllReduce, "all-reduce not hidden"},
                                TimePart{metrics_key::kShareUpdate, "update"}};
constexpr std::array kSeconds = {TimePart{metrics_key::kTrainSeconds, "training"},
                                 TimePart{metrics_key::kEvaluationSeconds, "evaluation"},
                                 TimePart{metrics_key::kCheckpointSeconds, "checkpoint before it"}};

std::string epoch_label(const Json& epoch) {
  return fmt::format("{:.6g}", figure_in(epoch, metrics_key::kEpoch));
}

/// A bar an epoch.
template <std::size_t size>
void fill_by_epoch(StackedBars& bars, const std::array<TimePart, size>& parts, const WholeRun& run,
                   double factor) {
  for (const Json& epoch : run.metrics.epochs) bars.labels.push_back(epoch_label(epoch));
  for (const TimePart& part : parts) {
    BarPart layer{part.name, {}};
    for (const Json& epoch : run.metrics.epochs) {
      layer.values.push_back(factor * figure_in(epoch, part.key));
    }
    bars.parts.push_back(std::move(layer));
  }
}

/// The mean over the epochs, each with that weight.
double mean_over_epochs(const WholeRun& run, const char* key, const char* weight_key) {
  double sum = 0;
  double weights = 0;
  for (const Json& epoch : run.metrics.epochs) {
    const double weight = weight_key == nullptr ? 1 : figure_in(epoch, weight_key);
    const double value = figure_in(epoch, key);
    if (std::isnan(weight) || std::isnan(value)) continue;
    sum += weight * value;
    weights += weight;
  }
  return weights > 0 ? sum / weights : std::nan("");
}

/// A bar a run.
template <std::size_t size>
void fill_by_run(StackedBars& bars, const std::array<TimePart, size>& parts,
                 const ReportedRuns& runs, double factor, const char* weight_key) {
  for (const TimePart& part : parts) bars.parts.push_back({part.name, {}});
  for (const ReportedRun& reported : runs) {
    if (reported.run.metrics.epochs.empty()) continue;
    bars.labels.push_back(reported.letter);
    for (std::size_t i = 0; i < size; ++i) {
      bars.parts[i].values.push_back(factor *
                                     mean_over_epochs(reported.run, parts[i].key, weight_key));
    }
  }
}

std::string slowest_words(const WholeRun& run) {
  std::map<std::int64_t, std::size_t> times;
  for (const Json& epoch : run.metrics.epochs) {
    if (epoch.contains(metrics_key::kSlowestRank)) {
      ++times[integer_in(epoch, metrics_key::kSlowestRank)];
    }
  }
  auto most = times.begin();
  for (auto each = times.begin(); each != times.end(); ++each) {
    if (each->second > most->second) most = each;
  }
  if (times.empty()) return {};
  return fmt::format("Rank {} was the slowest in {} of {} epochs.", most->first, most->second,
                     run.metrics.epochs.size());
}

void add_skew(Page& page, const ReportedRuns& runs) {
  LineChart chart{"rank-skew",
                  "How unequal the ranks are",
                  runs.size() == 1 ? slowest_words(runs.front().run) : "",
                  {"epoch", AxisScale::kLinear, false, true},
                  {"slowest rank's own time over the mean"},
                  {}};
  for (const ReportedRun& reported : runs) {
    const WholeRun& run = reported.run;
    if (!run.start || run.start->ranks.size() < 2) continue;
    ChartSeries series{reported.curve, {}, SeriesStyle::kLine};
    for (const Json& epoch : run.metrics.epochs) {
      const ChartPoint point{figure_in(epoch, metrics_key::kEpoch),
                             figure_in(epoch, metrics_key::kRankSkew)};
      if (!std::isnan(point.x) && !std::isnan(point.y)) series.points.push_back(point);
    }
    if (!series.points.empty()) chart.series.push_back(std::move(series));
  }
  if (!chart.series.empty()) page.add_chart(chart);
}

}  // namespace

void add_time_charts(Page& page, const ReportedRuns& runs) {
  if (!has_metrics(runs)) return;
  constexpr double kPercent = 100;
  const bool is_one = runs.size() == 1;
  const std::string x = is_one ? "epoch" : "run";
  StackedBars shares{
      "time-shares", "Parts of a training step", "", x, {"share of the time (%)"}, {}, {}};
  StackedBars seconds{"epoch-seconds",
                      is_one ? "Time of each epoch" : "Time of an epoch",
                      "",
                      x,
                      {"seconds"},
                      {},
                      {}};
  shares.text = "What is missing to 100% was none of these.";
  if (is_one) {
    fill_by_epoch(shares, kShares, runs.front().run, kPercent);
    fill_by_epoch(seconds, kSeconds, runs.front().run, 1);
  } else {
    shares.text = "Mean over the epochs. " + shares.text;
    seconds.text = "Mean over the epochs.";
    fill_by_run(shares, kShares, runs, kPercent, metrics_key::kTrainSeconds);
    fill_by_run(seconds, kSeconds, runs, 1, nullptr);
  }
  page.add_section("Where the time went");
  page.add_chart(shares);
  page.add_chart(seconds);
  add_skew(page, runs);
  add_step_chart(page, runs);
}

}  // namespace dplaunch
