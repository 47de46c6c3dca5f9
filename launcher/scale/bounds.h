#pragma once

#include <optional>
#include <vector>

#include "launcher/scale/analysis.h"

namespace dplaunch {

/// What keeps a speed-up from being the number of processes even where nobody waits for anybody,
/// as measured on one process: the bounds to draw beside a speed-up by rule 11 of Hoefler and Belli
/// 2015, "Scientific Benchmarking of Parallel Computing Systems" (ideal, serial overheads, parallel
/// overheads).
struct SpeedupBounds {
  /// Of one process's step what each rank does in full however many share the batch: the update.
  double serial_share = 0;
  /// What a rank's step takes longer for having a group, by the step without; at least 0. From the
  /// control "1 with a group"; nullopt without it.
  std::optional<double> overhead_share;
};

/// Medians over the runs, and over the blocks' pairs. nullopt where no step was measured.
std::optional<SpeedupBounds> speedup_bounds(const std::vector<Point>& points,
                                            const std::vector<RunRecord>& records);

/// Amdahl's bound 1 / (s + (1 - s) / N) of a shared batch, s being the serial share; N with a batch
/// each, where nothing is shared.
double amdahl_bound(const SpeedupBounds& bounds, PointKind kind, double processes);

/// With the measured overhead o, which each step has on any number of processes, too:
/// 1 / (s + (1 - s) / N + o) of a shared batch, N / (1 + o) with a batch each. nullopt without it.
std::optional<double> overhead_bound(const SpeedupBounds& bounds, PointKind kind, double processes);

}  // namespace dplaunch
