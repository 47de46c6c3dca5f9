#include "launcher/communication/judge.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "launcher/statistics/median_interval.h"

namespace dplaunch {
namespace {

/// Of a larger size the link's own time is too much of it.
constexpr std::int64_t kMostLatencyBytes = 64 << 10;
/// Where the latency is more than this part of the time that would be slow, its own changes, and
/// not the link's rate, decide.
constexpr double kMostLatencyShare = 0.1;

double nearest_rank(std::vector<double> values, double quantile) {
  std::sort(values.begin(), values.end());
  const double rank = std::ceil(quantile * static_cast<double>(values.size()));
  return values[static_cast<std::size_t>(std::max(rank, 1.0)) - 1];
}

/// 0 where no size is small enough.
double latency_us(const CommunicationRecord& record, Collective collective) {
  const MeasuredCollective* smallest = nullptr;
  for (const MeasuredCollective& each : record.results) {
    if (each.collective != collective || each.bytes > kMostLatencyBytes) continue;
    if (smallest == nullptr || each.bytes < smallest->bytes) smallest = &each;
  }
  return smallest == nullptr ? 0 : median(smallest->times_us);
}

std::string slow_reason(const JudgedCollective& judged, const LinkExpectation& link) {
  return fmt::format("{} is less than {} {} ({})", rate_text(judged.bus_bytes_per_second),
                     link.kind == LinkKind::kNamed   ? "half of"
                     : link.kind == LinkKind::kFloor ? "a tenth of"
                                                     : "the least of",
                     rate_text(*judged.expected_bus_bytes_per_second), link.origin);
}

void compare(JudgedCollective& judged, double bus_bytes, double latency,
             const LinkExpectation& link) {
  if (link.kind == LinkKind::kUnknown) {
    judged.reason = "not measured: nobody knows what the link gives";
    return;
  }
  const double link_us = bus_bytes / link.bytes_per_second * 1e6;
  judged.expected_us = latency + link_us;
  judged.expected_bus_bytes_per_second = bus_bytes / *judged.expected_us * 1e6;
  if (latency > kMostLatencyShare * slow_factor(link.kind) * link_us) {
    judged.reason = "latency: the link's rate is too little of it";
    return;
  }
  judged.is_slow = judged.p50_us > slow_factor(link.kind) * *judged.expected_us;
  if (*judged.is_slow) judged.reason = slow_reason(judged, link);
}

}  // namespace

double bus_factor(Collective collective, int processes) {
  const double n = processes;
  switch (collective) {
    case Collective::kAllReduce:
      return 2 * (n - 1) / n;
    case Collective::kAllGather:
      return (n - 1) / n;
    case Collective::kBroadcast:
      break;
  }
  return 1;
}

std::vector<JudgedCollective> judge(const CommunicationRecord& record,
                                    const LinkExpectation& link) {
  std::vector<JudgedCollective> all;
  for (const MeasuredCollective& measured : record.results) {
    JudgedCollective judged;
    const auto bytes = static_cast<double>(measured.bytes);
    const double bus_bytes = bytes * bus_factor(measured.collective, record.processes);
    judged.p50_us = median(measured.times_us);
    judged.p99_us = nearest_rank(measured.times_us, 0.99);
    judged.algorithm_bytes_per_second = bytes / judged.p50_us * 1e6;
    judged.bus_bytes_per_second = bus_bytes / judged.p50_us * 1e6;
    compare(judged, bus_bytes, latency_us(record, measured.collective), link);
    all.push_back(judged);
  }
  return all;
}

std::string rate_text(double bytes_per_second) {
  const bool is_large = bytes_per_second >= 1e9;
  const double value = bytes_per_second * (is_large ? 1e-9 : 1e-6);
  const int decimals = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return fmt::format("{:.{}f} {}", value, decimals, is_large ? "GB/s" : "MB/s");
}

}  // namespace dplaunch
