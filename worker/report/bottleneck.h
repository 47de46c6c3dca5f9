#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "worker/report/metrics.h"

namespace dplaunch {

/// What a run was like, as far as it decides its speed.
struct RunShape {
  int world_size = 1;
  std::int64_t bsize = 1;
  std::int64_t workers = 0;  ///< the configured data-loading threads of the job
  int usable_cores = 1;      ///< of this rank
  bool is_cpu = true;
  bool is_loaded_by_device = false;  ///< the device assembles the batches, no threads
};

/// What held the run back, each with its remedy, the greatest first; one line that says so if
/// nothing stands out. `shares` and `skew` are means over the run.
std::vector<std::string> bottlenecks(const TimeShares& shares, const RankSkew& skew,
                                     const RunShape& run);

}  // namespace dplaunch
