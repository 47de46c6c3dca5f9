#include "base/process/control_group.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <vector>

#include "base/text/words.h"

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
std::optional<std::int64_t> control_number(const fs::path& path) {
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

bool has_word(const std::string& list, const std::string& word) {
  const std::vector<std::string> words = split(list, ',');
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::vector<std::string> lines_with(const fs::path& path, const std::string& part) {
  std::vector<std::string> found;
  std::ifstream lines(path);
  for (std::string line; std::getline(lines, line);) {
    if (line.find(part) != std::string::npos) found.push_back(line);
  }
  return found;
}

/// What the kernel reports, read once for both hierarchies of a controller.
struct Reported {
  std::vector<std::string> memberships;
  std::vector<std::string> mounts;  ///< of control groups
};

Reported read_reported(const ControlGroupFiles& files) {
  return {lines_with(files.membership, ":"), lines_with(files.mounts, " cgroup")};
}

/// A line of the membership file is "NUMBER:CONTROLLER,CONTROLLER:PATH"; cgroup v2's has no
/// controllers. Empty if this process is in no such hierarchy.
fs::path membership_of(const std::vector<std::string>& lines, const std::string& controller) {
  for (const std::string& line : lines) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const bool is_wanted =
        controller.empty() ? controllers.empty() : has_word(controllers, controller);
    if (is_wanted) return line.substr(second + 1);
  }
  return {};
}

/// A part of a hierarchy and where it is seen.
struct Mount {
  fs::path root;
  fs::path point;
};

/// The kernel writes a space as "\040", and so a few others.
std::string unescaped(const std::string& text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string digits = text[i] == '\\' ? text.substr(i + 1, 3) : std::string();
    const bool is_escape =
        digits.size() == 3 && digits.find_first_not_of("01234567") == std::string::npos;
    plain += is_escape ? static_cast<char>(std::stoi(digits, nullptr, 8)) : text[i];
    if (is_escape) i += 3;
  }
  return plain;
}

/// The mount that a line of mountinfo (proc(5)) describes, if it is of this controller; of cgroup
/// v2 for an empty one. The names of folders do not tell: "cpu,cpuacct", "cpuacct,cpu", "unified".
std::optional<Mount> mount_in(const std::string& line, const std::string& controller) {
  std::istringstream fields(line);
  std::string skipped;
  std::string root;
  std::string point;
  fields >> skipped >> skipped >> skipped >> root >> point;
  while (fields >> skipped && skipped != "-") continue;
  std::string type;
  std::string options;
  if (!(fields >> type >> skipped >> options)) return std::nullopt;
  const bool is_wanted =
      controller.empty() ? type == "cgroup2" : type == "cgroup" && has_word(options, controller);
  if (!is_wanted) return std::nullopt;
  return Mount{unescaped(root), unescaped(point)};
}

/// The group's path below the mount's; nullopt if it is not there.
std::optional<fs::path> inside(const Mount& mount, const fs::path& group) {
  const auto [in_root, in_group] =
      std::mismatch(mount.root.begin(), mount.root.end(), group.begin(), group.end());
  const bool is_root = mount.root == mount.root.root_path();
  if (!is_root && in_root != mount.root.end()) return std::nullopt;
  fs::path rest;
  for (auto part = is_root ? group.begin() : in_group; part != group.end(); ++part) rest /= *part;
  return rest.relative_path();
}

/// From the process's own group up to the topmost that is mounted; none without the controller.
std::vector<fs::path> folders_to_root(const Reported& reported, const std::string& controller) {
  const fs::path membership = membership_of(reported.memberships, controller);
  std::optional<Mount> found;
  fs::path group;
  for (const std::string& line : reported.mounts) {
    const std::optional<Mount> mount = mount_in(line, controller);
    if (!mount) continue;
    const std::optional<fs::path> path = inside(*mount, membership);
    // A part that this process is not in may be another's; the first is then at least its own.
    if (!found || path) found = mount;
    if (!path) continue;
    group = *path;
    break;
  }
  std::vector<fs::path> folders;
  if (!found) return folders;
  for (; !group.empty(); group = group.parent_path()) folders.push_back(found->point / group);
  folders.push_back(found->point);
  return folders;
}

void take_memory(ControlGroupMemory& memory, const fs::path& folder, const MemoryFiles& files) {
  // cgroup v1 says "no limit" by a number near 2^63.
  constexpr std::int64_t kUnlimited = std::int64_t{1} << 60;
  const auto limit = control_number(folder / files.limit);
  if (!limit || *limit >= kUnlimited) return;
  lower(memory.limit_bytes, limit);
  const auto usage = control_number(folder / files.usage);
  if (!usage) return;
  // File pages count as used, and go when memory is wanted.
  const std::int64_t left = *limit - *usage + number_of(folder / "memory.stat", files.reclaimable);
  lower(memory.left_bytes, std::optional(std::clamp<std::int64_t>(left, 0, *limit)));
}

/// Rounded up: a quota of one and a half cores keeps two threads busy for most of the time.
std::optional<int> whole_cores(double quota_us, double period_us) {
  if (quota_us <= 0 || period_us <= 0) return std::nullopt;
  return std::max(1, static_cast<int>((quota_us + period_us - 1) / period_us));
}

std::optional<int> cores_v1(const fs::path& folder) {
  const auto quota = control_number(folder / "cpu.cfs_quota_us");  // -1: none
  const auto period = control_number(folder / "cpu.cfs_period_us");
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

// Both versions: a system may have some controllers in the one and the rest in the other hierarchy.
// What a hierarchy does not have sets no limit.

ControlGroupMemory control_group_memory(const ControlGroupFiles& files) {
  const Reported reported = read_reported(files);
  ControlGroupMemory memory;
  for (const fs::path& folder : folders_to_root(reported, "")) {
    take_memory(memory, folder, kMemoryV2);
  }
  for (const fs::path& folder : folders_to_root(reported, "memory")) {
    take_memory(memory, folder, kMemoryV1);
  }
  return memory;
}

std::optional<int> control_group_cores(const ControlGroupFiles& files) {
  const Reported reported = read_reported(files);
  std::optional<int> cores;
  for (const fs::path& folder : folders_to_root(reported, "")) {
    lower(cores, parse_cpu_max(line_in(folder / "cpu.max")));
  }
  for (const fs::path& folder : folders_to_root(reported, "cpu")) {
    lower(cores, cores_v1(folder));
  }
  return cores;
}

double control_group_throttled_seconds(const ControlGroupFiles& files) {
  const Reported reported = read_reported(files);
  double seconds = 0;
  for (const fs::path& folder : folders_to_root(reported, "")) {
    seconds += static_cast<double>(number_of(folder / "cpu.stat", "throttled_usec")) * 1e-6;
  }
  for (const fs::path& folder : folders_to_root(reported, "cpu")) {
    seconds += static_cast<double>(number_of(folder / "cpu.stat", "throttled_time")) * 1e-9;
  }
  return seconds;
}

}  // namespace dplaunch
