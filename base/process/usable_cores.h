#pragma once

#include <vector>

namespace dplaunch {

/// The CPUs that this process's affinity mask allows, ascending. Empty if the kernel does not say.
std::vector<int> allowed_cpus();

/// How many CPU cores this process may really use: its affinity mask, and the CPU quota of its
/// control group (containers, batch systems), whichever is less. At least 1.
int usable_cores();

}  // namespace dplaunch
