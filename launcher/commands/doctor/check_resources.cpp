#include <algorithm>
#include <cstdint>

#include "base/text/words.h"
#include "launcher/commands/doctor/checks.h"
#include "launcher/devices/gpu_words.h"

namespace dplaunch::doctor {
namespace {

/// Two of the CPU's workers, or one of a GPU's, with their libraries and batches.
constexpr std::int64_t kLeastMemoryBytes = std::int64_t{2} << 30;

std::string cores(int count) {
  return std::to_string(count) + (count == 1 ? " core" : " cores");
}

}  // namespace

Findings check_cores(const CoreFacts& facts) {
  Findings findings;
  if (facts.gpu_processes > facts.usable) {
    findings.push_back({Severity::kWarn, "cores",
                        std::to_string(facts.gpu_processes) + " GPUs share " + cores(facts.usable) +
                            ": loading data will be the bottleneck",
                        "ask the batch system or the container for more cores, or use fewer GPUs"});
  }
  if (facts.usable < facts.allowed) {
    findings.push_back({Severity::kNote, "cores",
                        "a CPU quota allows the time of " + cores(facts.usable) + " on " +
                            std::to_string(facts.allowed) +
                            ": more threads than that are throttled",
                        "raise it (docker run --cpus, the batch job's request); dplaunch counts "
                        "with " +
                            std::to_string(facts.usable)});
  }
  if (facts.allowed < facts.online) {
    findings.push_back({Severity::kNote, "cores",
                        "this process may run on " + std::to_string(facts.allowed) + " of " +
                            cores(facts.online) + " (taskset, cpuset or batch system)",
                        "ask for more there if that is not what you meant"});
  }
  if (findings.empty()) findings.push_back({Severity::kOk, "cores", cores(facts.usable)});
  return findings;
}

Findings check_memory(const MemoryFacts& facts) {
  const std::string what = "memory";
  const std::string available =
      gib_text(facts.available_bytes) + " of " + gib_text(facts.total_bytes) + " GiB available";
  const bool is_limited = facts.limit_bytes && *facts.limit_bytes < facts.total_bytes;
  const std::string text =
      available +
      (is_limited ? "; the control group may use " + gib_text(*facts.limit_bytes) + " GiB" : "");
  const std::int64_t least =
      is_limited ? std::min(facts.available_bytes, *facts.limit_bytes) : facts.available_bytes;
  if (least >= kLeastMemoryBytes) return {{Severity::kOk, what, text}};
  return {{Severity::kWarn, what, text + ": the kernel may kill workers",
           is_limited ? "raise the limit (docker run --memory, the batch job's request), or use "
                        "fewer processes and a smaller bsize"
                      : "end other programs, or use fewer processes and a smaller bsize"}};
}

}  // namespace dplaunch::doctor
