#include "launcher/scale/accuracy.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "common/record_keys.h"
#include "launcher/runs/metrics_file.h"

namespace dplaunch {

AccuracyRun accuracy_run(const std::vector<Json>& epochs, double top1_percent) {
  AccuracyRun run;
  for (const Json& epoch : epochs) {
    run.seconds += number_in(epoch, metrics_key::kSeconds);
    run.images += integer_in(epoch, metrics_key::kImages);
    ++run.epochs;
    const auto evaluation = evaluation_in(epoch);
    if (!evaluation) continue;
    run.best_top1 = std::max(run.best_top1, evaluation->top1);
    run.is_reached = evaluation->top1 >= top1_percent;
    if (run.is_reached) break;
  }
  return run;
}

std::vector<Point> accuracy_points(const std::vector<Point>& points, double top1_percent) {
  std::vector<Point> to_accuracy;
  for (Point point : points) {
    const bool is_control =
        point.kind == PointKind::kGroupOfOne || point.kind == PointKind::kAllCores;
    if (is_control) continue;
    point.name += fmt::format(" to {:g}%", top1_percent);
    point.to_top1_percent = top1_percent;
    to_accuracy.push_back(std::move(point));
  }
  return to_accuracy;
}

}  // namespace dplaunch
