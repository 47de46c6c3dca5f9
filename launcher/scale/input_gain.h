#pragma once

#include <optional>

#include "launcher/scale/gain.h"
#include "launcher/scale/run_figures.h"

namespace dplaunch {

/// A rank that waits for its batches.
struct StarvedRank {
  const RunFigures& figures;
  int threads = 0;    ///< that load for it; 0: it loads by itself
  int cores = 1;      ///< that it has
  double busy = 0;    ///< of these, what it used on average: CPU seconds by seconds
  double others = 0;  ///< of these, what other programs used
  /// What a step waits for its all-reduce where no rank is late; nullopt: not known, then all of
  /// what it waits after the slowest rank's own work.
  std::optional<double> all_reduce_s = std::nullopt;
};

/// How long its loader needs for a batch: as long as a step, because it is what the step waits for;
/// without threads as long as is waited.
double seconds_of_batch(const StarvedRank& rank);

/// The fewest threads with which no batch is waited for, at most as many as the rank has cores.
int enough_threads(const StarvedRank& rank);

/// What so many threads gain. At most: batches come as many times as fast as there are threads, the
/// step takes as long as what is slower, they or computing with its all-reduce, and no rank waits
/// for one whose batch took longer. At least: ranks wait for each other as now, and the step takes
/// as long as its cores, without what others use of them, need for the work that they do now, in
/// which loading may have the larger part.
Gain gain_of_threads(const StarvedRank& rank, int threads);

}  // namespace dplaunch
