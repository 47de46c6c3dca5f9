#include "worker/device/host_memory.h"

#include <algorithm>
#include <fstream>
#include <limits>
#include <optional>
#include <string>

namespace dplaunch {
namespace {

constexpr std::int64_t kUnlimited = std::numeric_limits<std::int64_t>::max();

/// Of a file that holds one number; nullopt for no such file or a word ("max").
std::optional<std::int64_t> number_in(const std::string& path) {
  std::int64_t number = 0;
  std::ifstream file(path);
  return file >> number ? std::optional(number) : std::nullopt;
}

/// Of a file of "key number" lines, the number behind `key`.
std::int64_t number_of(const std::string& path, const std::string& key) {
  std::ifstream file(path);
  std::string word;
  std::int64_t number = 0;
  for (std::string line; file >> word >> number; std::getline(file, line)) {
    if (word == key) return number;
  }
  return 0;
}

/// Reading /proc/self/cgroup is not needed: in a container, whose limit matters most, its own
/// cgroup is mounted as the root.
std::int64_t left_of_cgroup(const std::string& folder, const char* limit, const char* usage,
                            const char* reclaimable) {
  const auto limit_bytes = number_in(folder + limit);
  const auto usage_bytes = number_in(folder + usage);
  if (!limit_bytes || !usage_bytes) return kUnlimited;
  // File pages count as used, and go when memory is wanted.
  return *limit_bytes - *usage_bytes + number_of(folder + "memory.stat", reclaimable);
}

}  // namespace

std::int64_t host_free_memory_bytes() {
  const std::int64_t available_bytes = number_of("/proc/meminfo", "MemAvailable:") * 1024;
  return std::min(
      {available_bytes > 0 ? available_bytes : kUnlimited,
       left_of_cgroup("/sys/fs/cgroup/", "memory.max", "memory.current", "inactive_file"),
       left_of_cgroup("/sys/fs/cgroup/memory/", "memory.limit_in_bytes", "memory.usage_in_bytes",
                      "total_inactive_file")});
}

}  // namespace dplaunch
