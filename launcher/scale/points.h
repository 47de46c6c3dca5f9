#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace dplaunch {

/// What of the work stays the same when the processes become more.
enum class ScaleMode {
  kWeak,    ///< a process's batch: N processes do N times the work in a step
  kStrong,  ///< the job's batch: each of N processes does an N-th of it
  kBoth,
};

/// Why a point is measured.
enum class PointKind {
  kBaseline,    ///< one process without a group: what the others are compared with
  kWeak,        ///< N processes
  kStrong,      ///< N processes that share the baseline's batch
  kGroupOfOne,  ///< one process whose gradients go through the all-reduce: its own cost
  kAllCores,    ///< one process with the cores that the most processes have together
};

/// One thing that is measured, once in every block.
struct Point {
  PointKind kind = PointKind::kBaseline;
  int processes = 1;
  std::string name;  ///< "1", "2", "2 strong", "1 with a group", "1 on 2 cores"

  /// Above 0: trained up to that accuracy, in place of a few steps.
  double to_top1_percent = 0;

  bool is_to_accuracy() const { return to_top1_percent > 0; }
  bool operator==(const Point&) const = default;
};

/// What is asked for.
struct PointRequest {
  std::vector<int> world_sizes;  ///< without 1, that is measured too
  ScaleMode mode = ScaleMode::kWeak;
  bool is_cpu = true;
  bool is_command = false;  ///< the user's own, which has one mode and fewer controls
  bool has_controls = true;
  int cores_per_process = 1;  ///< on the CPU
};

/// The baseline first, then the others by their processes, then the controls. A user's command has
/// the baseline (which has a group) and its processes.
std::vector<Point> points_of(const PointRequest& request);

/// "baseline", "weak", "strong", "group of one", "all cores".
std::string name_of(PointKind kind);

/// The order in which a block measures its points: random, and the same for the same seed and
/// block.
std::vector<std::size_t> order_of_block(std::uint64_t seed, int block, std::size_t points);

}  // namespace dplaunch
