#include "launcher/commands/doctor/check_resources.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>

#include "base/process/control_group.h"
#include "base/process/usable_cores.h"
#include "base/text/words.h"

namespace dplaunch::doctor {

// --- the probe -----------------------------------------------------------------------------------

namespace {

/// A line "MemTotal:   16384 kB" in bytes; 0 if the kernel does not write it.
std::int64_t memory_figure_bytes(const std::string& wanted) {
  std::ifstream file("/proc/meminfo");
  std::int64_t kib = 0;
  for (std::string name, unit; file >> name >> kib; std::getline(file, unit)) {
    if (name == wanted + ":") return 1024 * kib;
  }
  return 0;
}

}  // namespace

CoreFacts probe_cores() {
  CoreFacts facts;
  facts.online = std::max(1, static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN)));
  facts.allowed = std::max(1, static_cast<int>(allowed_cpus().size()));
  facts.usable = usable_cores();
  return facts;
}

MemoryFacts probe_memory() {
  MemoryFacts facts;
  facts.total_bytes = memory_figure_bytes("MemTotal");
  facts.available_bytes = memory_figure_bytes("MemAvailable");
  facts.limit_bytes = control_group_memory().limit_bytes;
  return facts;
}

// --- the judgement -------------------------------------------------------------------------------

namespace {

/// Two of the CPU's workers, or one of a GPU's, with their libraries and batches.
constexpr std::int64_t kMinMemoryBytes = std::int64_t{2} << 30;

}  // namespace

Findings check_cores(const CoreFacts& facts) {
  Findings findings;
  if (facts.gpu_processes > facts.usable) {
    findings.push_back({Severity::kWarn, "cores",
                        fmt::format("{} GPUs share {}: loading data will be the bottleneck",
                                    facts.gpu_processes, counted(facts.usable, "core")),
                        "ask the batch system or the container for more cores, or use fewer GPUs"});
  }
  if (facts.usable < facts.allowed) {
    findings.push_back({Severity::kNote, "cores",
                        fmt::format("a CPU quota allows the time of {} on {}: more threads than "
                                    "that are throttled",
                                    counted(facts.usable, "core"), facts.allowed),
                        fmt::format("raise it (docker run --cpus, the batch job's request); "
                                    "dplaunch counts with {}",
                                    facts.usable)});
  }
  if (facts.allowed < facts.online) {
    findings.push_back(
        {Severity::kNote, "cores",
         fmt::format("this process may run on {} of {} (taskset, cpuset or batch system)",
                     facts.allowed, counted(facts.online, "core")),
         "ask for more there if that is not what you meant"});
  }
  if (findings.empty()) {
    findings.push_back({Severity::kOk, "cores", counted(facts.usable, "core")});
  }
  return findings;
}

Findings check_memory(const MemoryFacts& facts) {
  const std::string what = "memory";
  if (facts.total_bytes == 0) {
    return {{Severity::kWarn, what, "/proc is not mounted: how much there is cannot be known",
             "mount -t proc proc /proc, or start the container with it: without it nothing that "
             "ranks leave behind is found either"}};
  }
  std::string text = fmt::format("{} of {} GiB available", gib_text(facts.available_bytes),
                                 gib_text(facts.total_bytes));
  const bool is_limited = facts.limit_bytes && *facts.limit_bytes < facts.total_bytes;
  if (is_limited) {
    text += fmt::format("; the control group may use {} GiB", gib_text(*facts.limit_bytes));
  }
  const std::int64_t usable_bytes =
      is_limited ? std::min(facts.available_bytes, *facts.limit_bytes) : facts.available_bytes;
  if (usable_bytes >= kMinMemoryBytes) return {{Severity::kOk, what, text}};
  return {{Severity::kWarn, what, text + ": the kernel may kill workers",
           is_limited ? "raise the limit (docker run --memory, the batch job's request), or use "
                        "fewer processes and a smaller bsize"
                      : "end other programs, or use fewer processes and a smaller bsize"}};
}

}  // namespace dplaunch::doctor
