#pragma once

#include <string>
#include <vector>

#include "launcher/scale/analysis.h"
#include "launcher/scale/gain.h"

namespace dplaunch {

/// What keeps the processes of a point from being as many times as fast as one.
struct Cause {
  Factor factor = Factor::kCompute;
  /// Of the time from step to step, evaluations included, what is lost by it; not relative to one
  /// process, which may lose as much.
  MedianInterval lost_share;
  std::string evidence;  ///< "rank 1 needs 1.9x the others' time in backward, in 6 of 6 runs"
  std::string remedy;
  std::vector<Remedy> remedies;  ///< what remedies_of() says; not of causes_of()
};

/// What the time goes to: "slower computing", "waiting for batches", "unequal ranks", "the
/// all-reduce", "pauses between steps", which are evaluations and checkpoints.
const char* loss_name(Factor factor);

/// Causes that cost at least this share of the time, with an interval that is above half of it.
inline constexpr double kLeastLostShare = 0.08;

/// Of one of the trainer's points with several processes: the costliest first; none where nothing
/// stands out.
std::vector<Cause> causes_of(const Point& point, const Point& baseline,
                             const std::vector<RunRecord>& records);

}  // namespace dplaunch
