#pragma once

#include <cstddef>
#include <vector>

#include "launcher/scale/analysis.h"

namespace dplaunch {

/// What trainings to an accuracy came to at one point. A run that did not get there stands behind
/// all that did, as one that takes for ever: so nothing is dropped, and an end of an interval may
/// be kNever.
struct AccuracyResult {
  Point point;
  std::size_t runs = 0;  ///< with figures
  std::size_t reached = 0;
  Failures failures;
  double best_top1 = 0;    ///< percent, the median over the runs
  MedianInterval seconds;  ///< AccuracyRun::seconds
  MedianInterval images;
  MedianInterval speedup;  ///< one process's seconds by these, of blocks in which both got there
};

/// Greater than any time; finite, so that arithmetic with it is.
inline constexpr double kNever = 1e300;
inline bool is_never(double value) {
  return value > kNever / 10;
}

/// In the order of `points`.
std::vector<AccuracyResult> accuracy_results(const std::vector<Point>& points,
                                             const std::vector<RunRecord>& records);

}  // namespace dplaunch
