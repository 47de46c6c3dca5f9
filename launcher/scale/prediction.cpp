#include "launcher/scale/prediction.h"

#include <algorithm>
#include <map>
#include <utility>

namespace dplaunch {
namespace {

std::vector<double> seconds_of(const std::vector<RunRecord>& records, const Point& point) {
  std::vector<double> seconds;
  for (const RunRecord* run : measured_runs(records, point.name)) {
    if (!run->figures) return {};
    seconds.push_back(run->figures->whole_seconds());
  }
  return seconds;
}

}  // namespace

std::optional<StepPrediction> predict_next(const std::vector<Point>& points,
                                           const std::vector<RunRecord>& records) {
  std::map<int, std::vector<double>> seconds_by_processes;
  for (const Point& point : points) {
    if (point.kind != PointKind::kBaseline && point.kind != PointKind::kWeak) continue;
    std::vector<double> seconds = seconds_of(records, point);
    if (!seconds.empty()) seconds_by_processes[point.processes] = std::move(seconds);
  }
  if (seconds_by_processes.size() < 2 || !seconds_by_processes.contains(1)) return std::nullopt;
  Profile profile;
  for (auto& [processes, seconds] : seconds_by_processes) {
    profile.measured.push_back({processes, std::move(seconds)});
  }
  const int next = 2 * largest_measured(profile);
  return predict_steps(profile, AllReduceAlgorithm::kAuto, std::vector{next}).front();
}

}  // namespace dplaunch
