#pragma once

#include <cstdint>

namespace dplaunch {

/// Memory that can still be had on this host without swapping: what the kernel calls available, or
/// what is left of this process's memory cgroup (version 1 or 2) if that is less.
std::int64_t host_free_memory_bytes();

}  // namespace dplaunch
