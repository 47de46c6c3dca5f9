#pragma once

#include <time.h>

#include <cstdint>

namespace dplaunch {

/// CLOCK_MONOTONIC in nanoseconds: the same axis in every process of a host.
inline std::int64_t monotonic_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

}  // namespace dplaunch
