#include "worker/device/host_memory.h"

#include <algorithm>
#include <fstream>
#include <limits>
#include <string>

#include "base/process/control_group.h"

namespace dplaunch {
namespace {

constexpr std::int64_t kUnlimited = std::numeric_limits<std::int64_t>::max();

/// MemAvailable of /proc/meminfo; unlimited if the kernel does not say.
std::int64_t available_bytes() {
  std::ifstream file("/proc/meminfo");
  std::string key;
  std::int64_t kib = 0;
  for (std::string rest; file >> key >> kib; std::getline(file, rest)) {
    if (key == "MemAvailable:") return kib * 1024;
  }
  return kUnlimited;
}

}  // namespace

std::int64_t host_free_memory_bytes() {
  return std::min(available_bytes(), control_group_memory().left_bytes.value_or(kUnlimited));
}

}  // namespace dplaunch
