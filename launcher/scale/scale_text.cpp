#include "launcher/scale/scale_text.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/text/words.h"
#include "launcher/scale/remedies.h"
#include "launcher/scale/scale_tables.h"

namespace dplaunch {
namespace {

const PointResult* find_result(const ScaleReport& report, PointKind kind) {
  for (const PointResult& result : report.results) {
    if (result.point.kind == kind) return &result;
  }
  return nullptr;
}

std::string answer(const ScaleReport& report, const PointResult& result) {
  const Point& point = result.point;
  const bool is_strong = point.kind == PointKind::kStrong;
  std::string text =
      fmt::format("{} processes {}: {}x as fast as one [{:.2f}, {:.2f}], efficiency {:.0f}%\n",
                  point.processes, is_strong ? "with one's batch" : "with a batch each",
                  fmt::format("{:.2f}", result.speedup.median), result.speedup.low,
                  result.speedup.high, 100 * result.efficiency.median);
  const PointResult* all = find_result(report, PointKind::kAllCores);
  const bool is_comparable =
      all != nullptr && !is_strong && point.processes == report.experiment.most_processes();
  if (!is_comparable) return text;
  const MedianInterval ratio = speed_ratio(report.records, point, all->point);
  if (ratio.count == 0) return text;
  return text + fmt::format("  against one process with as many cores: {:.2f}x [{:.2f}, {:.2f}]\n",
                            ratio.median, ratio.low, ratio.high);
}

std::string causes_text(const ScaleReport::PointCauses& of_point) {
  std::string text;
  for (const Cause& cause : of_point.causes) {
    text += fmt::format("  {:.0f}% of the time is lost to {}: {}\n    remedy: {}\n",
                        100 * cause.lost_share.median, loss_name(cause.factor), cause.evidence,
                        cause.remedy);
    for (const Remedy& remedy : cause.remedies) {
      text += fmt::format("    prediction: {}\n", in_words(remedy));
    }
  }
  return text;
}

/// How many times as much work in a second as one process.
double predicted_speedup(const StepPrediction& prediction, double step_s) {
  return prediction.processes * prediction.ideal_s / step_s;
}

std::string prediction_text(const ScaleReport& report) {
  if (!report.prediction) return {};
  const StepPrediction& prediction = report.prediction->step;
  std::string text =
      fmt::format("prediction, not measured: {} processes with a batch each: {:.2f}x",
                  prediction.processes, predicted_speedup(prediction, prediction.step_s));
  if (prediction.interval) {
    text += fmt::format(
        " [{:.2f}, {:.2f}] ({:.0f}%)", predicted_speedup(prediction, prediction.interval->high_s),
        predicted_speedup(prediction, prediction.interval->low_s), 100 * kPredictionConfidence);
  }
  text += ", where each has what a process had here\n";
  return text + fmt::format("  {}; if no more is lost than on half as many: {:.2f}x\n",
                            report.prediction->is_of_parts
                                ? "from computing, buckets, all-reduce and the ranks' spread"
                                : "from the step times alone",
                            predicted_speedup(prediction, report.prediction->null_step_s));
}

std::string answers(const ScaleReport& report) {
  const Experiment& experiment = report.experiment;
  if (is_beyond_cores(report)) {
    return fmt::format(
        "cannot scale here: {} processes on {} cores take turns; ratios say nothing of the "
        "program\n",
        experiment.most_processes(), experiment.usable_cores);
  }
  std::string text;
  for (const PointResult& result : report.results) {
    if (result.point.processes == 1 || result.speedup.count == 0) continue;
    text += answer(report, result);
    for (const auto& of_point : report.causes) {
      if (of_point.point == result.point.name) text += causes_text(of_point);
    }
  }
  return text + prediction_text(report);
}

std::string failed_note(const Point& point, std::size_t failed, const std::string& problem) {
  return fmt::format("note: {}: {} failed, the last with {}\n", point.name,
                     counted(static_cast<std::int64_t>(failed), "run"), problem);
}

/// What else went on: nothing of it is left out of the figures.
std::string interference_text(const ScaleReport& report) {
  std::string lines;
  std::size_t flagged = 0;
  double other_cores = 0;
  for (const RunRecord& record : report.records) {
    const std::vector<std::string> flags = record.interference.flags();
    if (flags.empty()) continue;
    ++flagged;
    other_cores = std::max(other_cores, record.interference.other_cores);
    lines += fmt::format("note: block {}, {}: {}\n", record.block, record.point, joined(flags));
  }
  constexpr std::size_t kMostLines = 6;
  if (flagged <= kMostLines) return lines;
  return fmt::format(
      "note: {} of {} runs were measured beside other work (other processes used up to {:.1f} "
      "cores): a quiet machine would give other figures; runs.jsonl says which\n",
      flagged, report.records.size(), other_cores);
}

/// Of runs of a point the CPUs' clock is much the same, unless something held it down.
std::string slow_clocks(const ScaleReport& report) {
  constexpr double kMuchSlower = 0.9;
  std::map<std::string, std::vector<double>> clocks;
  for (const RunRecord& record : report.records) {
    const double mhz = record.interference.clock_mhz;
    if (mhz > 0) clocks[record.point].push_back(mhz);
  }
  std::string lines;
  for (const RunRecord& record : report.records) {
    const double mhz = record.interference.clock_mhz;
    if (mhz <= 0) continue;
    const double usual_mhz = median(clocks[record.point]);
    if (mhz > kMuchSlower * usual_mhz) continue;
    lines += fmt::format("note: block {}, {}: the CPUs' clock was at {:.0f} MHz, else at {:.0f}\n",
                         record.block, record.point, mhz, usual_mhz);
  }
  return lines;
}

std::string accuracy_note(const AccuracyResult& result) {
  std::string text;
  if (result.reached < result.runs) {
    text = fmt::format("note: {}: {} of {} did not get there; the best was {:.2f}% in the median\n",
                       result.point.name, result.runs - result.reached,
                       counted(static_cast<std::int64_t>(result.runs), "run"), result.best_top1);
  }
  const Failures& failures = result.failures;
  return failures.count == 0 ? text
                             : text + failed_note(result.point, failures.count, failures.problem);
}

/// What a reader has to know of how the figures came about.
std::string caveats(const ScaleReport& report) {
  std::string text;
  std::size_t fewest = report.records.size();
  for (const PointResult& result : report.results) fewest = std::min(fewest, result.rate.count);
  if (fewest > 0 && fewest < kFewestValues) {
    const MedianInterval example = median_interval(std::vector<double>(fewest));
    text += fmt::format(
        "note: {}: such intervals cover the median {:.0f}% of the time, not 95%; {} would\n",
        counted(static_cast<std::int64_t>(fewest), "block"), 100 * example.coverage, kFewestValues);
  }
  for (const PointResult& result : report.results) {
    if (result.failed == 0) continue;
    text += failed_note(result.point, result.failed, result.problem);
  }
  for (const AccuracyResult& result : report.accuracy) text += accuracy_note(result);
  return text + interference_text(report) + slow_clocks(report);
}

}  // namespace

ScaleReport make_report(Experiment experiment, std::vector<RunRecord> records,
                        const ModelInputs& inputs) {
  ScaleReport report;
  report.results = results_of(experiment.points, records);
  if (!experiment.is_command()) report.bounds = speedup_bounds(experiment.points, records);
  report.accuracy = accuracy_results(experiment.accuracy_points, records);
  for (const Point& point : experiment.points) {
    if (point.processes == 1 || experiment.is_command()) continue;
    report.causes.push_back({point.name, causes_of(point, experiment.baseline(), records)});
    for (Cause& cause : report.causes.back().causes) {
      cause.remedies = remedies_of(cause.factor, experiment, point, records, inputs);
    }
  }
  if (!experiment.is_command() && experiment.cores_per_process + experiment.gpus.size() > 0) {
    report.prediction = predict_next(experiment, records, inputs);
  }
  report.experiment = std::move(experiment);
  report.records = std::move(records);
  return report;
}

bool is_beyond_cores(const ScaleReport& report) {
  return report.experiment.is_cpu() && report.experiment.cores_per_process == 0;
}

std::string scale_words(const ScaleReport& report) {
  const std::string said = answers(report);
  const std::string notes = caveats(report);
  return said.empty() || notes.empty() ? said + notes : said + "\n" + notes;
}

std::string scale_text(const ScaleReport& report) {
  std::string text = text_of(times_table(report)) + "\n";
  const ReportTable factors = factors_table(report);
  if (!factors.rows.empty()) text += text_of(factors) + "\n";
  const ReportTable accuracy = accuracy_table(report);
  if (!accuracy.rows.empty()) text += text_of(accuracy) + "\n";
  return text + scale_words(report);
}

}  // namespace dplaunch
