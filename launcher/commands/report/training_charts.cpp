#include "launcher/commands/report/training_charts.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include "common/record_keys.h"

namespace dplaunch {
namespace {

const ChartAxis kEpochAxis{"epoch", AxisScale::kLinear, false, true};

constexpr char kLossUnit[] = "cross-entropy (nats)";
constexpr char kTop1Unit[] = "top-1 (% of images)";

/// NaN: no point of the curve.
using Figure = std::function<double(const Json& epoch)>;

Figure figure(const char* key) {
  return [key](const Json& epoch) { return figure_in(epoch, key); };
}

double loss_of(const Json& epoch) {
  const auto evaluation = evaluation_in(epoch);
  return evaluation ? evaluation->loss : std::nan("");
}

double top1_of(const Json& epoch) {
  const auto evaluation = evaluation_in(epoch);
  return evaluation ? evaluation->top1 : std::nan("");
}

/// Not each epoch is evaluated: a line joins those that are.
ChartSeries curve(const std::string& name, const WholeRun& run, const Figure& figure) {
  ChartSeries series{name, {}, SeriesStyle::kLine};
  for (const Json& epoch : run.metrics.epochs) {
    const ChartPoint point{figure_in(epoch, metrics_key::kEpoch), figure(epoch)};
    if (!std::isnan(point.x) && !std::isnan(point.y)) series.points.push_back(point);
  }
  return series;
}

/// "test" or "validation".
std::string set_of(const WholeRun& run) {
  for (const Json& epoch : run.metrics.epochs) {
    if (const auto evaluation = evaluation_in(epoch)) return evaluation->set;
  }
  return "test";
}

/// The runs' sets, where they differ, stand with their names.
std::string evaluated_curve(const ReportedRun& reported, bool have_one_set) {
  return have_one_set ? reported.curve : reported.curve + " (" + set_of(reported.run) + ")";
}

void add_if_drawn(Page& page, const LineChart& chart) {
  const auto has_points = [](const ChartSeries& series) { return !series.points.empty(); };
  if (std::any_of(chart.series.begin(), chart.series.end(), has_points)) page.add_chart(chart);
}

/// A line a run.
void add_curves(Page& page, LineChart chart, const ReportedRuns& runs, const Figure& figure) {
  for (const ReportedRun& reported : runs) {
    if (!reported.run.metrics.epochs.empty()) {
      chart.series.push_back(curve(reported.curve, reported.run, figure));
    }
  }
  if (chart.y.title == kLossUnit) choose_scale(chart);
  add_if_drawn(page, chart);
}

LineChart chart_of(const std::string& id, const std::string& title, const std::string& y_title,
                   bool has_zero) {
  return {id, title, "", kEpochAxis, {y_title, AxisScale::kLinear, has_zero}, {}};
}

void add_curves_of_one(Page& page, const WholeRun& run) {
  LineChart loss = chart_of("loss", "Loss", kLossUnit, false);
  loss.series = {curve("training", run, figure(metrics_key::kTrainLoss)),
                 curve(set_of(run), run, loss_of)};
  choose_scale(loss);
  add_if_drawn(page, loss);
  LineChart top1 = chart_of("accuracy", "Accuracy", kTop1Unit, true);
  top1.series = {curve("training, augmented images", run, figure(metrics_key::kTrainTop1)),
                 curve(set_of(run), run, top1_of)};
  add_if_drawn(page, top1);
}

void add_curves_of_several(Page& page, const ReportedRuns& runs) {
  const bool have_one_set = std::all_of(runs.begin(), runs.end(), [&runs](const auto& reported) {
    return set_of(reported.run) == set_of(runs.front().run);
  });
  const std::string set = have_one_set ? set_of(runs.front().run) : "evaluation";
  add_curves(page, chart_of("train-loss", "Loss in training", kLossUnit, false), runs,
             figure(metrics_key::kTrainLoss));
  ReportedRuns evaluated = runs;
  for (ReportedRun& reported : evaluated) {
    reported.curve = evaluated_curve(reported, have_one_set);
  }
  add_curves(page, chart_of("test-loss", "Loss on the " + set + " set", kLossUnit, false),
             evaluated, loss_of);
  add_curves(page, chart_of("train-accuracy", "Accuracy in training", kTop1Unit, true), runs,
             figure(metrics_key::kTrainTop1));
  add_curves(page, chart_of("test-accuracy", "Accuracy on the " + set + " set", kTop1Unit, true),
             evaluated, top1_of);
}

}  // namespace

bool has_metrics(const ReportedRuns& runs) {
  return std::any_of(runs.begin(), runs.end(), [](const ReportedRun& reported) {
    return !reported.run.metrics.epochs.empty();
  });
}

void add_training_charts(Page& page, const ReportedRuns& runs) {
  if (!has_metrics(runs)) return;
  page.add_section("Training");
  if (runs.size() == 1) {
    add_curves_of_one(page, runs.front().run);
  } else {
    add_curves_of_several(page, runs);
  }
  add_curves(page, chart_of("images-per-second", "Speed of training", "images/s", true), runs,
             figure(metrics_key::kImagesPerSecond));
  add_curves(page, chart_of("learning-rate", "Learning rate", "rate of the last step", true), runs,
             figure(metrics_key::kLr));
}

}  // namespace dplaunch
