#include "launcher/scale/scale_text.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/text/text_table.h"
#include "base/text/words.h"

namespace dplaunch {
namespace {

constexpr int kAnyWidth = 1 << 20;

std::string value_text(double value) {
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

std::string times_table(const ScaleReport& report) {
  const bool is_command = report.experiment.is_command();
  TextTable table({{"PROCESSES"},
                   {"RUNS", Align::kRight},
                   {is_command ? "WHOLE JOB, s" : "STEP, ms"},
                   {is_command ? "RATE" : "IMAGES/S"},
                   {"SPEED-UP"},
                   {"EFFICIENCY"}});
  for (const PointResult& result : report.results) {
    const bool is_baseline = result.point == report.experiment.baseline();
    const bool has_efficiency = !is_baseline && result.point.processes > 1 &&
                                result.efficiency.count > 0 && !is_beyond_cores(report);
    table.add(
        {result.point.name, std::to_string(result.rate.count),
         is_command ? interval_text(result.wall_seconds) : interval_text(result.step_seconds, 1000),
         interval_text(result.rate), is_baseline ? "1" : ratio_text(result.speedup),
         has_efficiency ? fmt::format("{:.0f}%", 100 * result.efficiency.median)
                        : std::string("-")});
  }
  return joined(table.lines(kAnyWidth), "\n") + "\n";
}

/// Of what one process gains or loses a process's share; nothing for points without.
std::string factors_table(const ScaleReport& report) {
  std::vector<TableColumn> columns = {{"EFFICIENCY OF"}, {"=", Align::kRight}};
  for (std::size_t i = 0; i < kFactors; ++i) {
    columns.push_back({fmt::format("{}{}", i > 0 ? "x " : "", name_of(static_cast<Factor>(i)))});
  }
  TextTable table(std::move(columns));
  bool is_empty = true;
  for (const PointResult& result : report.results) {
    if (!result.factors) continue;
    is_empty = false;
    std::vector<std::string> cells = {result.point.name,
                                      fmt::format("{:.3f}", result.efficiency.median)};
    for (const MedianInterval& factor : *result.factors) {
      cells.push_back(fmt::format("{:.3f}", factor.median));
    }
    table.add(std::move(cells));
  }
  return is_empty ? "" : "\n" + joined(table.lines(kAnyWidth), "\n") + "\n";
}

const PointResult* result_of(const ScaleReport& report, PointKind kind) {
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
  const PointResult* all = result_of(report, PointKind::kAllCores);
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
  }
  return text;
}

/// How many times as much work in a second as one process.
double predicted_speedup(const StepPrediction& prediction, double step_s) {
  return prediction.processes * prediction.ideal_s / step_s;
}

std::string prediction_text(const ScaleReport& report) {
  if (!report.prediction) return {};
  const StepPrediction& prediction = *report.prediction;
  std::string text =
      fmt::format("prediction, not measured: {} processes with a batch each: {:.2f}x",
                  prediction.processes, predicted_speedup(prediction, prediction.step_s));
  if (prediction.interval) {
    text += fmt::format(
        " [{:.2f}, {:.2f}] ({:.0f}%)", predicted_speedup(prediction, prediction.interval->high_s),
        predicted_speedup(prediction, prediction.interval->low_s), 100 * kPredictionConfidence);
  }
  return text + ", where each has what a process had here\n";
}

std::string answers(const ScaleReport& report) {
  const Experiment& experiment = report.experiment;
  if (is_beyond_cores(report)) {
    return fmt::format(
        "\ncannot scale here: {} processes on {} cores take turns; ratios say nothing of the "
        "program\n",
        experiment.most_processes(), experiment.usable_cores);
  }
  std::string text = "\n";
  for (const PointResult& result : report.results) {
    if (result.point.processes == 1 || result.speedup.count == 0) continue;
    text += answer(report, result);
    for (const auto& of_point : report.causes) {
      if (of_point.point == result.point.name) text += causes_text(of_point);
    }
  }
  return text + prediction_text(report);
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
    text += fmt::format("note: {}: {} failed, the last with {}\n", result.point.name,
                        counted(static_cast<std::int64_t>(result.failed), "run"), result.problem);
  }
  return text + interference_text(report);
}

Json to_json(const MedianInterval& interval) {
  if (interval.count == 0) return {};
  return {{"median", interval.median},
          {"low", interval.low},
          {"high", interval.high},
          {"coverage", interval.coverage},
          {"count", interval.count}};
}

Json to_json(const PointResult& result, bool is_command) {
  Json json = {{"point", result.point.name},
               {"kind", name_of(result.point.kind)},
               {"processes", result.point.processes},
               {"failed", result.failed},
               {"problem", text_or_null(result.problem)},
               {"step_seconds", is_command ? Json() : to_json(result.step_seconds)},
               {"wall_seconds", to_json(result.wall_seconds)},
               {"rate", to_json(result.rate)},
               {"speedup", to_json(result.speedup)},
               {"efficiency", to_json(result.efficiency)},
               {"factors", nullptr}};
  if (!result.factors) return json;
  Json factors = Json::object();
  for (std::size_t i = 0; i < kFactors; ++i) {
    factors[name_of(static_cast<Factor>(i))] = to_json((*result.factors)[i]);
  }
  json["factors"] = factors;
  return json;
}

Json to_json(const ScaleReport::PointCauses& of_point) {
  Json causes = Json::array();
  for (const Cause& cause : of_point.causes) {
    causes.push_back({{"factor", name_of(cause.factor)},
                      {"lost_share", to_json(cause.lost_share)},
                      {"evidence", cause.evidence},
                      {"remedy", cause.remedy}});
  }
  return {{"point", of_point.point}, {"causes", causes}};
}

Json prediction_json(const std::optional<StepPrediction>& prediction) {
  if (!prediction) return {};
  Json json = {{"prediction", true},
               {"processes", prediction->processes},
               {"step_seconds", prediction->step_s},
               {"low", nullptr},
               {"high", nullptr},
               {"confidence", kPredictionConfidence}};
  if (!prediction->interval) return json;
  json["low"] = prediction->interval->low_s;
  json["high"] = prediction->interval->high_s;
  return json;
}

}  // namespace

ScaleReport make_report(Experiment experiment, std::vector<RunRecord> records) {
  ScaleReport report;
  report.results = results_of(experiment.points, records);
  for (const Point& point : experiment.points) {
    if (point.processes == 1 || experiment.is_command()) continue;
    report.causes.push_back({point.name, causes_of(point, experiment.baseline(), records)});
  }
  if (!experiment.is_command() && experiment.cores_per_process + experiment.gpus.size() > 0) {
    report.prediction = predict_next(experiment.points, records);
  }
  report.experiment = std::move(experiment);
  report.records = std::move(records);
  return report;
}

bool is_beyond_cores(const ScaleReport& report) {
  return report.experiment.is_cpu() && report.experiment.cores_per_process == 0;
}

std::string scale_text(const ScaleReport& report) {
  std::string text = times_table(report) + factors_table(report) + answers(report);
  const std::string notes = caveats(report);
  return notes.empty() ? text : text + "\n" + notes;
}

Json scale_json(const ScaleReport& report) {
  Json points = Json::array();
  for (const PointResult& result : report.results) {
    points.push_back(to_json(result, report.experiment.is_command()));
  }
  Json causes = Json::array();
  for (const auto& of_point : report.causes) causes.push_back(to_json(of_point));
  Json runs = Json::array();
  for (const RunRecord& record : report.records) runs.push_back(to_json(record));
  Json json = plan_json(report.experiment);
  json["cannot_scale_here"] = is_beyond_cores(report);
  json["results"] = points;
  json["causes"] = causes;
  json["prediction"] = prediction_json(report.prediction);
  json["runs"] = runs;
  return json;
}

std::string scale_csv(const ScaleReport& report) {
  std::string text = "point,kind,processes,runs,failed";
  for (const char* name : {"step_seconds", "wall_seconds", "rate", "speedup", "efficiency"}) {
    text += fmt::format(",{0},{0}_low,{0}_high", name);
  }
  text += "\n";
  for (const PointResult& result : report.results) {
    text += fmt::format("{},{},{},{},{}", result.point.name, name_of(result.point.kind),
                        result.point.processes, result.rate.count, result.failed);
    for (const MedianInterval& interval : {result.step_seconds, result.wall_seconds, result.rate,
                                           result.speedup, result.efficiency}) {
      const bool is_empty = interval.count == 0;
      text +=
          is_empty ? ",,," : fmt::format(",{},{},{}", interval.median, interval.low, interval.high);
    }
    text += "\n";
  }
  return text;
}

}  // namespace dplaunch
