#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "launcher/doctor/probes.h"
#include "launcher/plan/usable_cores.h"

namespace dplaunch::doctor {
namespace {

namespace fs = std::filesystem;

/// The path of this process in the hierarchy whose line holds `controllers` (":memory:" of cgroup
/// v1, "::" of v2); empty if it is in none.
fs::path cgroup_path(const std::string& controllers) {
  std::ifstream file("/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    const std::size_t place = line.find(controllers);
    if (place != std::string::npos) return line.substr(place + controllers.size());
  }
  return {};
}

/// The least figure in `name` on the way from `folder` up to `root`; "max" is none.
std::optional<std::int64_t> least_limit(const fs::path& root, fs::path folder, const char* name) {
  std::optional<std::int64_t> least;
  for (; !folder.empty(); folder = folder.parent_path()) {
    std::ifstream file(root / folder.relative_path() / name);
    std::int64_t bytes = 0;
    if (file >> bytes) least = std::min(bytes, least.value_or(bytes));
    if (folder == folder.root_path()) break;
  }
  return least;
}

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
  facts.limit_bytes = least_limit("/sys/fs/cgroup", cgroup_path("0::"), "memory.max");
  if (!facts.limit_bytes) {
    facts.limit_bytes =
        least_limit("/sys/fs/cgroup/memory", cgroup_path(":memory:"), "memory.limit_in_bytes");
  }
  return facts;
}

}  // namespace dplaunch::doctor
