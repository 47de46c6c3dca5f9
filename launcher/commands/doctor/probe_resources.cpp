#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <fstream>

#include "base/process/control_group.h"
#include "base/process/usable_cores.h"
#include "launcher/commands/doctor/probes.h"

namespace dplaunch::doctor {
namespace {

/// In bytes; 0 if the kernel does not tell.
std::int64_t memory_figure(const std::string& wanted) {
  std::ifstream file("/proc/meminfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(wanted + ":")) return 1024 * std::atoll(line.c_str() + wanted.size() + 1);
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
  facts.total_bytes = memory_figure("MemTotal");
  facts.available_bytes = memory_figure("MemAvailable");
  facts.limit_bytes = control_group_limits().memory_bytes;
  return facts;
}

}  // namespace dplaunch::doctor
