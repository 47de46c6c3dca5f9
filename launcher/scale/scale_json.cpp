#include <fmt/core.h>

#include "launcher/scale/scale_text.h"

namespace dplaunch {
namespace {

Json result_json(const MedianInterval& interval) {
  if (interval.count == 0) return {};
  const auto value = [](double at) { return is_never(at) ? Json() : Json(at); };
  return {{"median", value(interval.median)},
          {"low", value(interval.low)},
          {"high", value(interval.high)},
          {"coverage", interval.coverage},
          {"count", interval.count}};
}

Json result_json(const PointResult& result, bool is_command) {
  Json json = {{"point", result.point.name},
               {"kind", name_of(result.point.kind)},
               {"processes", result.point.processes},
               {"failed", result.failed},
               {"problem", text_or_null(result.problem)},
               {"step_seconds", is_command ? Json() : result_json(result.step_seconds)},
               {"wall_seconds", result_json(result.wall_seconds)},
               {"rate", result_json(result.rate)},
               {"speedup", result_json(result.speedup)},
               {"efficiency", result_json(result.efficiency)},
               {"factors", nullptr}};
  if (!result.factors) return json;
  Json factors = Json::object();
  for (std::size_t i = 0; i < kFactors; ++i) {
    factors[name_of(static_cast<Factor>(i))] = result_json((*result.factors)[i]);
  }
  json["factors"] = factors;
  return json;
}

Json result_json(const Remedy& remedy) {
  return {{"prediction", true},
          {"key", remedy.key},
          {"value", remedy.value},
          {"gain", remedy.gain},
          {"low", remedy.low},
          {"high", remedy.high},
          {"coverage", remedy.coverage},
          {"blocks", remedy.blocks},
          {"recommended", remedy.is_recommended()}};
}

Json result_json(const ScaleReport::PointCauses& of_point) {
  Json causes = Json::array();
  for (const Cause& cause : of_point.causes) {
    Json remedies = Json::array();
    for (const Remedy& remedy : cause.remedies) remedies.push_back(result_json(remedy));
    causes.push_back({{"factor", name_of(cause.factor)},
                      {"lost_share", result_json(cause.lost_share)},
                      {"evidence", cause.evidence},
                      {"remedy", cause.remedy},
                      {"remedies", std::move(remedies)}});
  }
  return {{"point", of_point.point}, {"causes", causes}};
}

Json parts_json(const StepParts& parts) {
  return {{"compute", parts.compute_s},     {"input_wait", parts.input_wait_s},
          {"exposed", parts.exposed_s},     {"straggler", parts.straggler_s},
          {"amortised", parts.amortised_s}, {"unexplained", parts.unexplained_s}};
}

Json prediction_json(const std::optional<NextPrediction>& next) {
  if (!next) return {};
  const StepPrediction& step = next->step;
  Json json = {{"prediction", true},
               {"processes", step.processes},
               {"step_seconds", step.step_s},
               {"low", nullptr},
               {"high", nullptr},
               {"confidence", kPredictionConfidence},
               {"from", next->is_of_parts ? "parts" : "step times"},
               {"parts_seconds", parts_json(step.parts)},
               {"ideal_step_seconds", step.ideal_s},
               {"null_step_seconds", next->null_step_s}};
  if (!step.interval) return json;
  json["low"] = step.interval->low_s;
  json["high"] = step.interval->high_s;
  return json;
}

/// null for a command; "amdahl" and "with_overhead" are upper bounds of a speed-up.
Json bounds_json(const ScaleReport& report) {
  if (!report.bounds) return {};
  Json points = Json::array();
  for (const PointResult& result : report.results) {
    const Point& point = result.point;
    if (point.processes == 1) continue;
    const auto overhead = overhead_bound(*report.bounds, point.kind, point.processes);
    points.push_back({{"point", point.name},
                      {"ideal", point.processes},
                      {"amdahl", amdahl_bound(*report.bounds, point.kind, point.processes)},
                      {"with_overhead", overhead ? Json(*overhead) : Json()}});
  }
  const auto overhead = report.bounds->overhead_share;
  return {{"serial_share", report.bounds->serial_share},
          {"overhead_share", overhead ? Json(*overhead) : Json()},
          {"points", points}};
}

/// null without --until-accuracy.
Json accuracy_json(const std::vector<AccuracyResult>& results) {
  if (results.empty()) return {};
  Json points = Json::array();
  for (const AccuracyResult& result : results) {
    points.push_back({{"point", result.point.name},
                      {"kind", name_of(result.point.kind)},
                      {"processes", result.point.processes},
                      {"runs", result.runs},
                      {"reached", result.reached},
                      {"failed", result.failures.count},
                      {"problem", text_or_null(result.failures.problem)},
                      {"best_top1", result.best_top1},
                      {"seconds", result_json(result.seconds)},
                      {"images", result_json(result.images)},
                      {"speedup", result_json(result.speedup)}});
  }
  return {{"top1_percent", results.front().point.to_top1_percent}, {"points", points}};
}

std::string csv_cells(const MedianInterval& interval) {
  if (interval.count == 0) return ",,,";
  std::string cells;
  for (const double value : {interval.median, interval.low, interval.high}) {
    cells += is_never(value) ? "," : fmt::format(",{}", value);
  }
  return cells;
}

std::string csv_row(const PointResult& result) {
  std::string text = fmt::format("{},{},{},{},{}", result.point.name, name_of(result.point.kind),
                                 result.point.processes, result.rate.count, result.failed);
  for (const MedianInterval& interval :
       {result.step_seconds, result.wall_seconds, result.rate, result.speedup, result.efficiency}) {
    text += csv_cells(interval);
  }
  return text + "," + csv_cells({}) + csv_cells({}) + "\n";
}

std::string csv_row(const AccuracyResult& result) {
  const MedianInterval none;
  std::string text = fmt::format("{},{},{},{},{}", result.point.name, name_of(result.point.kind),
                                 result.point.processes, result.runs, result.failures.count);
  for (const MedianInterval& interval : {none, none, none, result.speedup, none}) {
    text += csv_cells(interval);
  }
  return text + fmt::format(",{}", result.reached) + csv_cells(result.seconds) +
         csv_cells(result.images) + "\n";
}

}  // namespace

Json scale_json(const ScaleReport& report) {
  Json points = Json::array();
  for (const PointResult& result : report.results) {
    points.push_back(result_json(result, report.experiment.is_command()));
  }
  Json causes = Json::array();
  for (const auto& of_point : report.causes) causes.push_back(result_json(of_point));
  Json runs = Json::array();
  for (const RunRecord& record : report.records) runs.push_back(to_json(record));
  Json json = plan_json(report.experiment);
  json["cannot_scale_here"] = is_beyond_cores(report);
  json["results"] = points;
  json["bounds"] = bounds_json(report);
  json["until_accuracy"] = accuracy_json(report.accuracy);
  json["causes"] = causes;
  json["prediction"] = prediction_json(report.prediction);
  json["runs"] = runs;
  return json;
}

std::string scale_csv(const ScaleReport& report) {
  std::string text = "point,kind,processes,runs,failed";
  const auto add_interval = [&text](const char* name) {
    text += fmt::format(",{0},{0}_low,{0}_high", name);
  };
  for (const char* name : {"step_seconds", "wall_seconds", "rate", "speedup", "efficiency"}) {
    add_interval(name);
  }
  text += ",reached";
  for (const char* name : {"seconds_to_accuracy", "images_to_accuracy"}) add_interval(name);
  text += "\n";
  for (const PointResult& result : report.results) text += csv_row(result);
  for (const AccuracyResult& result : report.accuracy) text += csv_row(result);
  return text;
}

}  // namespace dplaunch
