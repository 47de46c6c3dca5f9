#include "launcher/model/comm_curve.h"

#include <algorithm>
#include <cmath>

namespace dplaunch {
namespace {

/// What an alpha-beta link would be that gives the curve's first and last point with `algorithm`:
/// solved for both at once, since the time is linear in latency and in 1 / bandwidth.
Network fitted_network(const CommCurve& curve, AllReduceAlgorithm algorithm) {
  const CommPoint& small = curve.points.front();
  const CommPoint& large = curve.points.back();
  Network latency_alone;  // 1 s a message
  latency_alone.within_host = {INFINITY, 1};
  Network bandwidth_alone;  // 1 byte a second
  bandwidth_alone.within_host = {1, 0};
  for (Network* each : {&latency_alone, &bandwidth_alone}) {
    each->processes_per_host = curve.processes;
  }
  const double messages = all_reduce_seconds(algorithm, 1, curve.processes, latency_alone);
  const double copies = all_reduce_seconds(algorithm, 1, curve.processes, bandwidth_alone);
  double seconds_per_byte = (large.seconds - small.seconds) / (large.bytes - small.bytes) / copies;
  if (!(seconds_per_byte > 0)) seconds_per_byte = 0;  // one point, or a slower small one
  const double latency_s =
      std::max(0.0, small.seconds - copies * small.bytes * seconds_per_byte) / messages;
  Network fitted;
  fitted.within_host = {1 / seconds_per_byte, latency_s};
  return fitted;
}

}  // namespace

double measured_seconds(const CommCurve& curve, double bytes) {
  const auto& points = curve.points;
  if (bytes <= points.front().bytes) return points.front().seconds;
  if (bytes >= points.back().bytes) return points.back().seconds * bytes / points.back().bytes;
  const auto above =
      std::upper_bound(points.begin(), points.end(), bytes,
                       [](double size, const CommPoint& point) { return size < point.bytes; });
  const auto below = above - 1;
  const double share = std::log(bytes / below->bytes) / std::log(above->bytes / below->bytes);
  return below->seconds * std::pow(above->seconds / below->seconds, share);
}

double extrapolated_seconds(const CommCurve& curve, AllReduceAlgorithm algorithm, double bytes,
                            int processes) {
  if (processes == 1) return 0;
  const double measured = measured_seconds(curve, bytes);
  if (processes == curve.processes) return measured;
  if (algorithm == AllReduceAlgorithm::kAuto) algorithm = AllReduceAlgorithm::kRing;
  Network network = fitted_network(curve, algorithm);
  network.processes_per_host = curve.processes;
  const double before = all_reduce_seconds(algorithm, bytes, curve.processes, network);
  network.processes_per_host = processes;
  return measured * all_reduce_seconds(algorithm, bytes, processes, network) / before;
}

const CommCurve& nearest_curve(std::span<const CommCurve> curves, int processes) {
  const CommCurve* best = &curves.front();
  for (const CommCurve& curve : curves) {
    const bool fits = curve.processes <= processes;
    const bool best_fits = best->processes <= processes;
    const bool is_nearer = fits == best_fits && (fits ? curve.processes > best->processes
                                                      : curve.processes < best->processes);
    if ((fits && !best_fits) || is_nearer) best = &curve;
  }
  return *best;
}

}  // namespace dplaunch
