#include "launcher/scale/bounds.h"

#include <algorithm>
#include <map>
#include <utility>

namespace dplaunch {
namespace {

std::optional<double> overhead_share(const Point& alone, const Point& group,
                                     const std::vector<RunRecord>& records) {
  std::map<int, double> alone_seconds;
  for (const RunRecord* run : measured_runs(records, alone.name)) {
    if (run->figures) alone_seconds[run->block] = run->figures->step_seconds;
  }
  std::vector<double> shares;
  for (const RunRecord* run : measured_runs(records, group.name)) {
    const auto found = alone_seconds.find(run->block);
    if (!run->figures || found == alone_seconds.end()) continue;
    shares.push_back(run->figures->step_seconds / found->second - 1);
  }
  if (shares.empty()) return std::nullopt;
  return std::max(0.0, median(std::move(shares)));
}

}  // namespace

std::optional<SpeedupBounds> speedup_bounds(const std::vector<Point>& points,
                                            const std::vector<RunRecord>& records) {
  std::vector<double> updates;
  for (const RunRecord* run : measured_runs(records, points.front().name)) {
    if (!run->figures || run->figures->ranks.empty()) return std::nullopt;
    updates.push_back(part_of(run->figures->ranks[0], StepPart::kUpdate) /
                      run->figures->step_seconds);
  }
  if (updates.empty()) return std::nullopt;
  SpeedupBounds bounds{median(std::move(updates)), std::nullopt};
  for (const Point& point : points) {
    if (point.kind != PointKind::kGroupOfOne) continue;
    bounds.overhead_share = overhead_share(points.front(), point, records);
  }
  return bounds;
}

double amdahl_bound(const SpeedupBounds& bounds, PointKind kind, double processes) {
  if (kind != PointKind::kStrong) return processes;
  return 1 / (bounds.serial_share + (1 - bounds.serial_share) / processes);
}

std::optional<double> overhead_bound(const SpeedupBounds& bounds, PointKind kind,
                                     double processes) {
  if (!bounds.overhead_share) return std::nullopt;
  const double overhead = *bounds.overhead_share;
  if (kind != PointKind::kStrong) return processes / (1 + overhead);
  return 1 / (1 / amdahl_bound(bounds, kind, processes) + overhead);
}

}  // namespace dplaunch
