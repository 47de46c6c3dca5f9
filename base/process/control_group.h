#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace dplaunch {

// What the control groups that this process is in (a container's, a batch system's) allow it: the
// least of all on the way from its own up to the root, of cgroup v2 and v1. Nothing here throws:
// what cannot be read is no limit. A process whose group is not below what is mounted (a container
// that shows its own group as the root) gets the limits of what is.

struct ControlGroupMemory {
  std::optional<std::int64_t> limit_bytes;  ///< nullopt: no limit
  std::optional<std::int64_t> left_bytes;   ///< of the group that has least; file pages that the
                                            ///< kernel would give back count as left
};

/// Where the kernel reports them.
struct ControlGroupFiles {
  std::filesystem::path membership = "/proc/self/cgroup";
  std::filesystem::path mounts = "/proc/self/mountinfo";  ///< says where each hierarchy is seen
};

ControlGroupMemory control_group_memory(const ControlGroupFiles& files = {});

/// The CPU quota, rounded up to whole cores; nullopt: none.
std::optional<int> control_group_cores(const ControlGroupFiles& files = {});

/// How long, since they were made, these groups' processes were kept waiting by a CPU quota, in all
/// of them together.
double control_group_throttled_seconds(const ControlGroupFiles& files = {});

/// The quota that a cgroup v2 `cpu.max` file ("200000 100000", "max 100000") means, in whole cores,
/// rounded up; nullopt if there is none.
std::optional<int> parse_cpu_max(const std::string& text);

}  // namespace dplaunch
