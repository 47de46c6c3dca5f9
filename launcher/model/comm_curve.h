#pragma once

#include <span>
#include <vector>

#include "launcher/model/all_reduce_cost.h"

namespace dplaunch {

struct CommPoint {
  double bytes = 0;
  double seconds = 0;
};

/// How long an all-reduce took on so many processes, by size; at least 2 processes, at least one
/// point, sizes and times above 0, the smallest size first.
struct CommCurve {
  int processes = 2;
  std::vector<CommPoint> points;
};

/// t(size) between the measured sizes: a straight line between neighbours in log-log, because one
/// latency and one bandwidth fit no real library over more than a decade or two. Below the smallest
/// size the time of the smallest, above the largest the bandwidth of the largest.
double measured_seconds(const CommCurve& curve, double bytes);

/// t(size) on another number of processes than was measured: the curve's time times the ratio of
/// two alpha-beta predictions of `algorithm` (auto: ring, which Gloo uses and NCCL for large
/// sizes). Its latency is that of the smallest size measured, its bandwidth from the largest two
/// sizes' distance; the processes are taken to be all alike.
double extrapolated_seconds(const CommCurve& curve, AllReduceAlgorithm algorithm, double bytes,
                            int processes);

/// The curve of the largest number of processes that is at most `processes`, else that of the
/// smallest. `curves` is not empty.
const CommCurve& nearest_curve(std::span<const CommCurve> curves, int processes);

}  // namespace dplaunch
