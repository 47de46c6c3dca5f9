#include "base/process/control_group.h"

#include <algorithm>
#include <fstream>
#include <functional>
#include <sstream>
#include <vector>

namespace dplaunch {
namespace {

namespace fs = std::filesystem;

/// The files of one group's folder. Names and formats: the kernel's
/// Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst.
struct MemoryFiles {
  const char* limit;
  const char* usage;
  const char* reclaimable;  ///< key of memory.stat
};
constexpr MemoryFiles kMemoryV2{"memory.max", "memory.current", "inactive_file"};
constexpr MemoryFiles kMemoryV1{"memory.limit_in_bytes", "memory.usage_in_bytes",
                                "total_inactive_file"};

template <typename Number>
void lower(std::optional<Number>& min, std::optional<Number> value) {
  if (value) min = std::min(*value, min.value_or(*value));
}

/// Of a file that holds one number; nullopt without such a file, or for a word ("max").
std::optional<std::int64_t> number_in(const fs::path& path) {
  std::ifstream file(path);
  std::int64_t number = 0;
  return file >> number ? std::optional(number) : std::nullopt;
}

std::string line_in(const fs::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

/// Of a file of "key number" lines.
std::int64_t number_of(const fs::path& path, const std::string& key) {
  std::ifstream file(path);
  std::string word;
  std::int64_t number = 0;
  while (file >> word >> number) {
    if (word == key) return number;
  }
  return 0;
}

/// A line of the membership file is "NUMBER:CONTROLLER,CONTROLLER:PATH"; cgroup v2's has no
/// controllers. Empty if this process is in no such hierarchy.
fs::path membership_of(const fs::path& file, const std::string& controller) {
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    std::istringstream controllers(line.substr(first + 1, second - first - 1));
    std::string name;
    if (controller.empty() && second == first + 1) return line.substr(second + 1);
    while (std::getline(controllers, name, ',')) {
      if (name == controller) return line.substr(second + 1);
    }
  }
  return {};
}

/// From the process's own group up to the root. The path is as the host sees it: in a container it
/// may lie outside of what is mounted, whose root is the container's own group then.
std::vector<fs::path> folders_to_root(const fs::path& root, const fs::path& membership) {
  std::vector<fs::path> folders;
  for (fs::path group = membership.relative_path(); !group.empty(); group = group.parent_path()) {
    folders.push_back(root / group);
  }
  folders.push_back(root);
  return folders;
}

void take_memory(ControlGroupLimits& limits, const fs::path& folder, const MemoryFiles& files) {
  // cgroup v1 says "no limit" by a number near 2^63.
  constexpr std::int64_t kUnlimited = std::int64_t{1} << 60;
  const auto limit = number_in(folder / files.limit);
  if (!limit || *limit >= kUnlimited) return;
  lower(limits.memory_bytes, limit);
  const auto usage = number_in(folder / files.usage);
  if (!usage) return;
  // File pages count as used, and go when memory is wanted.
  const std::int64_t left = *limit - *usage + number_of(folder / "memory.stat", files.reclaimable);
  lower(limits.memory_left_bytes, std::optional(std::clamp<std::int64_t>(left, 0, *limit)));
}

/// Rounded up: a quota of one and a half cores keeps two threads busy for most of the time.
std::optional<int> whole_cores(double quota_us, double period_us) {
  if (quota_us <= 0 || period_us <= 0) return std::nullopt;
  return std::max(1, static_cast<int>((quota_us + period_us - 1) / period_us));
}

std::optional<int> cores_v1(const fs::path& folder) {
  const auto quota = number_in(folder / "cpu.cfs_quota_us");  // -1: none
  const auto period = number_in(folder / "cpu.cfs_period_us");
  if (!quota || !period) return std::nullopt;
  return whole_cores(static_cast<double>(*quota), static_cast<double>(*period));
}

}  // namespace

std::optional<int> parse_cpu_max(const std::string& text) {
  std::istringstream fields(text);
  double quota_us = 0;
  double period_us = 0;
  if (!(fields >> quota_us >> period_us)) return std::nullopt;
  return whole_cores(quota_us, period_us);
}

ControlGroupLimits control_group_limits(const ControlGroupFiles& files) {
  ControlGroupLimits limits;
  // Both versions: a system may have some controllers in the one and the rest in the other
  // hierarchy. What a hierarchy does not have sets no limit.
  for (const fs::path& folder : folders_to_root(files.root, membership_of(files.membership, ""))) {
    take_memory(limits, folder, kMemoryV2);
    lower(limits.cores, parse_cpu_max(line_in(folder / "cpu.max")));
  }
  const fs::path memory = files.root / "memory";
  for (const fs::path& folder :
       folders_to_root(memory, membership_of(files.membership, "memory"))) {
    take_memory(limits, folder, kMemoryV1);
  }
  const fs::path cpu = files.root / "cpu";  // a link to "cpu,cpuacct" where they are mounted as one
  for (const fs::path& folder : folders_to_root(cpu, membership_of(files.membership, "cpu"))) {
    lower(limits.cores, cores_v1(folder));
  }
  return limits;
}

}  // namespace dplaunch
