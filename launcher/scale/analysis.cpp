#include "launcher/scale/analysis.h"

#include <map>
#include <utility>

namespace dplaunch {
namespace {

struct Pair {
  const RunRecord* alone;
  const RunRecord* job;
};

std::vector<Pair> pairs_of(const std::vector<RunRecord>& records, const std::string& alone,
                           const std::string& job) {
  std::map<int, const RunRecord*> alone_of_block;
  for (const RunRecord* run : measured_runs(records, alone)) alone_of_block[run->block] = run;
  std::vector<Pair> pairs;
  for (const RunRecord* run : measured_runs(records, job)) {
    const auto found = alone_of_block.find(run->block);
    if (found != alone_of_block.end()) pairs.push_back({found->second, run});
  }
  return pairs;
}

template <typename Runs, typename Value>
MedianInterval interval_of(const Runs& runs, const Value& value) {
  std::vector<double> values;
  for (const auto& run : runs) values.push_back(value(run));
  return median_interval(std::move(values));
}

double efficiency_of_pair(const Pair& pair, const Point& point) {
  if (pair.alone->figures && pair.job->figures) {
    return efficiency_of(*pair.alone->figures, *pair.job->figures, work_of_rank(point));
  }
  return pair.job->rate / pair.alone->rate / point.processes;
}

std::optional<std::array<MedianInterval, kFactors>> factors_of_pairs(const std::vector<Pair>& pairs,
                                                                     const Point& point) {
  std::array<std::vector<double>, kFactors> values;
  for (const Pair& pair : pairs) {
    if (!pair.alone->figures || !pair.job->figures) return std::nullopt;
    const Factors factors =
        factors_of(*pair.alone->figures, *pair.job->figures, work_of_rank(point));
    for (std::size_t i = 0; i < kFactors; ++i) values[i].push_back(factors[i]);
  }
  if (pairs.empty()) return std::nullopt;
  std::array<MedianInterval, kFactors> intervals;
  for (std::size_t i = 0; i < kFactors; ++i) intervals[i] = median_interval(values[i]);
  return intervals;
}

PointResult result_of(const Point& point, const Point& baseline,
                      const std::vector<RunRecord>& records) {
  PointResult result;
  result.point = point;
  const Failures failures = failures_of(records, point.name);
  result.failed = failures.count;
  result.problem = failures.problem;
  const std::vector<const RunRecord*> runs = measured_runs(records, point.name);
  result.wall_seconds = interval_of(runs, [](const auto* run) { return run->wall_seconds; });
  result.rate = interval_of(runs, [](const auto* run) { return run->rate; });
  result.step_seconds = interval_of(
      runs, [](const auto* run) { return run->figures ? run->figures->step_seconds : 0; });
  if (point == baseline) return result;
  const std::vector<Pair> pairs = pairs_of(records, baseline.name, point.name);
  const auto efficiency = [&](const Pair& pair) { return efficiency_of_pair(pair, point); };
  result.efficiency = interval_of(pairs, efficiency);
  result.speedup =
      interval_of(pairs, [&](const Pair& pair) { return point.processes * efficiency(pair); });
  if (point.processes > 1) result.factors = factors_of_pairs(pairs, point);
  return result;
}

}  // namespace

double work_of_rank(const Point& point) {
  return point.kind == PointKind::kStrong ? 1.0 / point.processes : 1.0;
}

std::vector<const RunRecord*> measured_runs(const std::vector<RunRecord>& records,
                                            const std::string& point) {
  std::map<int, const RunRecord*> run_of_block;
  for (const RunRecord& record : records) {
    if (record.point == point && record.is_measured()) run_of_block[record.block] = &record;
  }
  std::vector<const RunRecord*> runs;
  for (const auto& [block, run] : run_of_block) runs.push_back(run);
  return runs;
}

Failures failures_of(const std::vector<RunRecord>& records, const std::string& point) {
  Failures failures;
  for (const RunRecord& record : records) {
    if (record.point != point || record.is_measured()) continue;
    ++failures.count;
    failures.problem = record.problem;
  }
  return failures;
}

std::vector<PointResult> results_of(const std::vector<Point>& points,
                                    const std::vector<RunRecord>& records) {
  std::vector<PointResult> results;
  for (const Point& point : points) results.push_back(result_of(point, points.front(), records));
  return results;
}

MedianInterval speed_ratio(const std::vector<RunRecord>& records, const Point& point,
                           const Point& other) {
  return interval_of(pairs_of(records, other.name, point.name),
                     [&](const Pair& pair) { return pair.job->rate / pair.alone->rate; });
}

}  // namespace dplaunch
