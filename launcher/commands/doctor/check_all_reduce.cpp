#include <algorithm>
#include <cstdio>

#include "base/text/printable.h"
#include "launcher/commands/doctor/checks.h"

namespace dplaunch::doctor {
namespace {

// Below these something is in the way. Two PCIe 4.0 x16 cards reach some 20 GB/s with peer-to-peer
// and 10 without; one NVLink of the third generation is 25 GB/s in each direction.
constexpr double kSlowOverPcie = 5;
constexpr double kSlowOverNvlink = 30;

/// nccl-tests' "busbw": comparable whatever the number of processes
/// (github.com/NVIDIA/nccl-tests/blob/master/doc/PERFORMANCE.md).
double bus_gigabytes_per_second(const AllReduceFacts& facts) {
  const double n = facts.processes;
  return 2 * (n - 1) / n * static_cast<double>(facts.bytes) / facts.seconds * 1e-9;
}

std::string measured(const AllReduceFacts& facts) {
  char text[128];
  std::snprintf(text, sizeof text,
                "%d processes sum a ResNet-18's gradient (%.1f MB) in %.1f ms: %.1f GB/s each",
                facts.processes, static_cast<double>(facts.bytes) * 1e-6, facts.seconds * 1e3,
                bus_gigabytes_per_second(facts));
  return text;
}

}  // namespace

Findings check_all_reduce(const AllReduceFacts& facts) {
  const std::string what = "all-reduce";
  if (!facts.is_tried) return {};
  if (!facts.problem.empty() || facts.seconds <= 0) {
    return {{Severity::kFail, what, "it does not work: " + printable(facts.problem),
             facts.is_on_gpus ? "NCCL_DEBUG=INFO " + facts.command +
                                    " says where NCCL fails; with NCCL_P2P_DISABLE=1 it shows "
                                    "whether peer-to-peer is to blame"
                              : facts.command + " shows all that is said; is loopback "
                                                "(127.0.0.1) open for this user?"}};
  }
  if (!facts.is_on_gpus) return {{Severity::kOk, what, measured(facts)}};
  const double least = facts.has_only_nvlinks ? kSlowOverNvlink : kSlowOverPcie;
  if (bus_gigabytes_per_second(facts) >= least) return {{Severity::kOk, what, measured(facts)}};
  return {{Severity::kWarn, what, measured(facts) + ", which is slow for these links",
           "is peer-to-peer off (NCCL_P2P_DISABLE, an IOMMU with ACS in virtual machines)? does a "
           "card sit in a slot of few lanes? dplaunch devices shows the links"}};
}

}  // namespace dplaunch::doctor
