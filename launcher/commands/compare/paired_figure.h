#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "launcher/commands/compare/compared_side.h"
#include "launcher/statistics/median_interval.h"

namespace dplaunch {

/// One measurement on each side that belong together.
struct ValuePair {
  std::int64_t number = 0;  ///< of the epoch, or the seed
  double a = 0;
  double b = 0;
};

/// A figure of both sides, in pairs.
struct PairedFigure {
  const char* name = "";  ///< for programs: "images_per_second"
  const char* title = "";
  enum class Unit { kRun, kEpoch } unit = Unit::kRun;
  enum class Better { kMore, kLess } better = Better::kMore;
  bool is_difference = false;  ///< of percentages: b - a in points; otherwise the ratio b / a
  std::vector<ValuePair> pairs;
};

enum class PairVerdict { kTooFew, kNoDifference, kA, kB };

/// What the pairs say: the median of b / a, or of b - a, with its interval. With fewer than
/// kFewestValues pairs nothing is said, as their range covers the median less often than 95% of the
/// time. Otherwise the better side is named if the interval does not hold "equal".
struct Comparison {
  MedianInterval interval;
  PairVerdict verdict = PairVerdict::kTooFew;
};

Comparison compare(const PairedFigure& figure);

/// The figures that both sides have, of each pair of runs: speed, time, final accuracy. Of two
/// single runs also speed and time of the epochs that both have.
std::vector<PairedFigure> paired_figures(const std::vector<RunPair>& pairs);

}  // namespace dplaunch
