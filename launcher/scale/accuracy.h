#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/files/json_fields.h"
#include "launcher/scale/points.h"

namespace dplaunch {

/// A training up to an accuracy, or up to its last epoch.
struct AccuracyRun {
  bool is_reached = false;
  double seconds = 0;  ///< of training and evaluating, until it was reached or there was no more
  std::int64_t images = 0;  ///< trained on until then
  std::int64_t epochs = 0;
  double best_top1 = 0;  ///< percent
};

/// From the lines of metrics.jsonl: to the first evaluation with at least that many percent.
AccuracyRun accuracy_run(const std::vector<Json>& epochs, double top1_percent);

/// The points at which a training to that accuracy is measured: one process, and the several of
/// `points`, each called "2 to 40%".
std::vector<Point> accuracy_points(const std::vector<Point>& points, double top1_percent);

}  // namespace dplaunch
