#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "launcher/scale/efficiency.h"
#include "launcher/scale/points.h"
#include "launcher/scale/run_record.h"
#include "launcher/statistics/median_interval.h"

namespace dplaunch {

/// What was measured at one point. Intervals are over runs, one a block; ratios are of runs of the
/// same block.
struct PointResult {
  Point point;
  std::size_t failed = 0;
  std::string problem;          ///< of its latest run without figures
  MedianInterval step_seconds;  ///< of the trainer
  MedianInterval wall_seconds;  ///< of the whole job
  MedianInterval rate;          ///< RunRecord::rate
  MedianInterval speedup;       ///< against the baseline
  MedianInterval efficiency;    ///< the same by the number of processes
  /// Of the trainer's jobs of several processes.
  std::optional<std::array<MedianInterval, kFactors>> factors;
};

/// In the order of `points`. A block in which one of two runs has no figures is no pair.
std::vector<PointResult> results_of(const std::vector<Point>& points,
                                    const std::vector<RunRecord>& records);

/// How many times as fast the job at `point` was as that at `other`; of the same blocks.
MedianInterval speed_ratio(const std::vector<RunRecord>& records, const Point& point,
                           const Point& other);

/// The measured runs of a point, in the order of their blocks; none twice.
std::vector<const RunRecord*> measured_runs(const std::vector<RunRecord>& records,
                                            const std::string& point);

/// How many of a point's runs gave no figures, and why the latest of them did not.
struct Failures {
  std::size_t count = 0;
  std::string problem;
};
Failures failures_of(const std::vector<RunRecord>& records, const std::string& point);

/// The work of one of N ranks in a step, by that of one process.
double work_of_rank(const Point& point);

}  // namespace dplaunch
