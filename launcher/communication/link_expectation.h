#pragma once

#include <string>
#include <vector>

#include "launcher/devices/gpu.h"
#include "launcher/devices/select_devices.h"

namespace dplaunch {

/// Where an expectation comes from, and so what counts as slow.
enum class LinkKind {
  kUnknown,  ///< nobody knows: nothing is judged
  kNamed,    ///< the user said what the link gives
  kAtLeast,  ///< what is seldom undercut where nothing is in the way
  kFloor,    ///< measured here: what it costs at least to move the data between processes
};

/// What the link between the ranks should give.
struct LinkExpectation {
  LinkKind kind = LinkKind::kUnknown;
  double bytes_per_second = 0;  ///< from each rank, in each direction: nccl-tests' busbw
  std::string origin;           ///< who says so, for users
};

/// "named", "at least", "floor" or "unknown".
const char* name_of(LinkKind kind);

/// So many times as long as expected may it take before it is slow.
double slow_factor(LinkKind kind);

/// "100Mbit", "25Gb" and "10Gbps" in bits of a second, "1.5GB" and "1.5GB/s" in bytes. Throws
/// Error(kUsage).
LinkExpectation named_link(const std::string& text);

/// What is known of the way between each two of the chosen GPUs.
LinkExpectation link_of_gpus(const std::vector<GpuLink>& links, const DeviceSelection& selection);

}  // namespace dplaunch
