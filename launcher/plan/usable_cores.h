#pragma once

#include <optional>
#include <string>
#include <vector>

namespace dplaunch {

/// The CPUs that this process's affinity mask allows, ascending. Empty if the kernel does not tell.
std::vector<int> allowed_cpus();

/// How many CPU cores this process may really use: its affinity mask, and the CPU quota of its
/// control group (containers, batch systems), whichever is less. At least 1.
int usable_cores();

/// The quota that a cgroup v2 `cpu.max` file ("200000 100000", "max 100000") means, in whole cores,
/// rounded up; nullopt if there is none.
std::optional<int> parse_cpu_max(const std::string& text);

}  // namespace dplaunch
