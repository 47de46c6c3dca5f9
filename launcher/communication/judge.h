#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/communication_record.h"
#include "launcher/communication/link_expectation.h"

namespace dplaunch {

/// The bytes that must cross each rank's link in one direction, for one byte of the result:
/// 2 (n - 1) / n for all-reduce, (n - 1) / n for all-gather, 1 for broadcast
/// (github.com/NVIDIA/nccl-tests/blob/master/doc/PERFORMANCE.md).
double bus_factor(Collective collective, int processes);

/// One measured size in figures.
struct JudgedCollective {
  double p50_us = 0;
  double p99_us = 0;  ///< the nearest rank: of fewer than 100 iterations the longest
  double algorithm_bytes_per_second = 0;  ///< nccl-tests' algbw, of the median
  double bus_bytes_per_second = 0;        ///< nccl-tests' busbw, of the median
  std::optional<double> expected_us;      ///< nullopt: nobody knows
  std::optional<double> expected_bus_bytes_per_second;
  /// nullopt where nothing is expected, and where the latency weighs too much for a judgement of
  /// the link's rate.
  std::optional<bool> is_slow;
  std::string reason;  ///< why it is slow, or why nobody judges
};

/// The record's results in the same order. What is expected is the link's time and the latency: the
/// median of the collective's smallest size.
std::vector<JudgedCollective> judge(const CommunicationRecord& record, const LinkExpectation& link);

/// "11.9 MB/s", "1.13 GB/s".
std::string rate_text(double bytes_per_second);

}  // namespace dplaunch
