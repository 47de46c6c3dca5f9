#include <cmath>

#include "base/files/json_fields.h"
#include "launcher/commands/compare/comparison_text.h"

namespace dplaunch {
namespace {

Json side_json(const ComparedSide& side) {
  Json runs = Json::array();
  for (const ComparedSide::Run& run : side.runs) {
    runs.push_back(
        {{"run", run.run.folder.root().string()}, {"seed", run.seed ? Json(*run.seed) : Json()}});
  }
  return {{"name", side.name}, {"runs", runs}};
}

const char* verdict_name(PairVerdict verdict) {
  switch (verdict) {
    case PairVerdict::kTooFew:
      return "too_few_to_say";
    case PairVerdict::kNoDifference:
      return "no_difference_shown";
    case PairVerdict::kA:
      return "a";
    case PairVerdict::kB:
      return "b";
  }
  return "";
}

Json figure_json(const PairedFigure& figure) {
  const Comparison comparison = compare(figure);
  const bool is_epoch = figure.unit == PairedFigure::Unit::kEpoch;
  Json pairs = Json::array();
  for (const ValuePair& pair : figure.pairs) {
    pairs.push_back({{is_epoch ? "epoch" : "seed", pair.number}, {"a", pair.a}, {"b", pair.b}});
  }
  return {{"figure", figure.name},
          {"unit", is_epoch ? "epoch" : "run"},
          {"better", figure.better == PairedFigure::Better::kMore ? "more" : "less"},
          {"compared", figure.is_difference ? "b_minus_a" : "b_over_a"},
          {"median", comparison.interval.median},
          {"low", comparison.interval.low},
          {"high", comparison.interval.high},
          {"coverage", comparison.interval.coverage},
          {"verdict", verdict_name(comparison.verdict)},
          {"pairs", pairs}};
}

}  // namespace

std::string comparison_json(const RunsComparison& comparison) {
  Json keys = Json::array();
  for (const DifferingKey& key : comparison.keys) {
    keys.push_back({{"key", key.key}, {"a", key.values[0]}, {"b", key.values[1]}});
  }
  Json figures = Json::array();
  for (const PairedFigure& figure : comparison.figures) figures.push_back(figure_json(figure));
  const Json json = {{"a", side_json(comparison.a)},
                     {"b", side_json(comparison.b)},
                     {"differing", keys},
                     {"figures", figures},
                     {"notes", comparison.notes}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace dplaunch
