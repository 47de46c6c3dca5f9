#include "launcher/scale/accuracy_results.h"

#include <map>
#include <utility>

namespace dplaunch {
namespace {

AccuracyResult accuracy_of(const Point& point, const Point& alone,
                           const std::vector<RunRecord>& records) {
  AccuracyResult result;
  result.point = point;
  result.failures = failures_of(records, point.name);
  std::map<int, const AccuracyRun*> alone_of_block;
  for (const RunRecord* run : measured_runs(records, alone.name)) {
    if (run->accuracy) alone_of_block[run->block] = &*run->accuracy;
  }
  std::vector<double> seconds;
  std::vector<double> images;
  std::vector<double> best;
  std::vector<double> speedups;
  for (const RunRecord* record : measured_runs(records, point.name)) {
    if (!record->accuracy) continue;
    const AccuracyRun& run = *record->accuracy;
    seconds.push_back(run.is_reached ? run.seconds : kNever);
    images.push_back(run.is_reached ? static_cast<double>(run.images) : kNever);
    best.push_back(run.best_top1);
    if (!run.is_reached) continue;
    ++result.reached;
    const auto found = alone_of_block.find(record->block);
    if (found == alone_of_block.end() || !found->second->is_reached) continue;
    speedups.push_back(found->second->seconds / run.seconds);
  }
  result.runs = seconds.size();
  result.best_top1 = best.empty() ? 0 : median(std::move(best));
  result.seconds = median_interval(std::move(seconds));
  result.images = median_interval(std::move(images));
  if (point.processes > 1) result.speedup = median_interval(std::move(speedups));
  return result;
}

}  // namespace

std::vector<AccuracyResult> accuracy_results(const std::vector<Point>& points,
                                             const std::vector<RunRecord>& records) {
  std::vector<AccuracyResult> results;
  for (const Point& point : points) {
    results.push_back(accuracy_of(point, points.front(), records));
  }
  return results;
}

}  // namespace dplaunch
