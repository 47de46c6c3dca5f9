#include "launcher/commands/compare/paired_figure.h"

#include <cmath>
#include <functional>
#include <map>
#include <utility>

#include "common/record_keys.h"

namespace dplaunch {
namespace {

using Better = PairedFigure::Better;
using Unit = PairedFigure::Unit;

/// NaN where a run does not have it.
using RunValue = std::function<double(const WholeRun&)>;

double speed_of(const WholeRun& run) {
  return run.training ? run.training->images_per_second : std::nan("");
}

/// A run that failed took no time that could be compared.
double seconds_of(const WholeRun& run) {
  const bool is_done = run.state && run.state->end && run.state->end->result == "success";
  return is_done ? run.state->end->seconds : std::nan("");
}

double final_top1(const WholeRun& run) {
  return run.training ? run.training->final_top1.value_or(std::nan("")) : std::nan("");
}

bool can_be_ratio(double value) {
  return std::isfinite(value) && value > 0;
}

void add_pair(PairedFigure& figure, std::int64_t number, double a, double b) {
  const bool is_fit = figure.is_difference ? std::isfinite(a) && std::isfinite(b)
                                           : can_be_ratio(a) && can_be_ratio(b);
  if (is_fit) figure.pairs.push_back({number, a, b});
}

PairedFigure of_runs(PairedFigure figure, const std::vector<RunPair>& pairs,
                     const RunValue& value_of) {
  for (const RunPair& pair : pairs) {
    add_pair(figure, pair.seed.value_or(0), value_of(*pair.a), value_of(*pair.b));
  }
  return figure;
}

/// By the epoch's number. A number that stands twice counts as it stands last.
std::map<std::int64_t, double> by_epoch(const WholeRun& run, const char* key) {
  std::map<std::int64_t, double> values;
  for (const Json& epoch : run.metrics.epochs) {
    const std::int64_t number = integer_in(epoch, metrics_key::kEpoch);
    if (number > 0) values[number] = figure_in(epoch, key);
  }
  return values;
}

PairedFigure of_epochs(PairedFigure figure, const RunPair& pair, const char* key) {
  const std::map<std::int64_t, double> b = by_epoch(*pair.b, key);
  for (const auto& [epoch, value] : by_epoch(*pair.a, key)) {
    if (const auto other = b.find(epoch); other != b.end()) {
      add_pair(figure, epoch, value, other->second);
    }
  }
  return figure;
}

bool have_same_set(const std::vector<RunPair>& pairs) {
  for (const RunPair& pair : pairs) {
    if (pair.a->training && pair.b->training &&
        pair.a->training->final_set != pair.b->training->final_set) {
      return false;
    }
  }
  return true;
}

}  // namespace

Comparison compare(const PairedFigure& figure) {
  std::vector<double> a;
  std::vector<double> b;
  std::vector<double> differences;
  for (const ValuePair& pair : figure.pairs) {
    a.push_back(pair.a);
    b.push_back(pair.b);
    differences.push_back(pair.b - pair.a);
  }
  Comparison comparison;
  comparison.interval = figure.is_difference ? median_interval(differences) : median_ratio(b, a);
  if (figure.pairs.size() < kFewestValues) return comparison;
  const double equal = figure.is_difference ? 0 : 1;
  const bool is_more = comparison.interval.low > equal;
  const bool is_less = comparison.interval.high < equal;
  comparison.verdict = PairVerdict::kNoDifference;
  if (is_more || is_less) {
    const bool is_b = is_more == (figure.better == Better::kMore);
    comparison.verdict = is_b ? PairVerdict::kB : PairVerdict::kA;
  }
  return comparison;
}

std::vector<PairedFigure> paired_figures(const std::vector<RunPair>& pairs) {
  std::vector<PairedFigure> figures = {
      of_runs({"images_per_second", "images/s", Unit::kRun, Better::kMore, false, {}}, pairs,
              speed_of),
      of_runs({"seconds", "time (s)", Unit::kRun, Better::kLess, false, {}}, pairs, seconds_of)};
  if (have_same_set(pairs)) {
    figures.push_back(of_runs(
        {"final_top1", "final top-1 (%)", Unit::kRun, Better::kMore, true, {}}, pairs, final_top1));
  }
  if (pairs.size() == 1) {
    figures.push_back(
        of_epochs({"epoch_images_per_second", "images/s", Unit::kEpoch, Better::kMore, false, {}},
                  pairs.front(), metrics_key::kImagesPerSecond));
    figures.push_back(
        of_epochs({"epoch_seconds", "time of an epoch (s)", Unit::kEpoch, Better::kLess, false, {}},
                  pairs.front(), metrics_key::kSeconds));
  }
  std::erase_if(figures, [](const PairedFigure& figure) { return figure.pairs.empty(); });
  return figures;
}

}  // namespace dplaunch
