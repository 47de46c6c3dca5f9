#include <fmt/core.h>

#include "launcher/scale/scale_text.h"

namespace dplaunch {
namespace {

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
