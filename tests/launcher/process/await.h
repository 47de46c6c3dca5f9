#pragma once

#include <sched.h>

#include <cstdint>

#include "base/monotonic_clock.h"

namespace dplaunch {

/// Waits for what gives no event; false if it is not so after ten seconds.
template <typename Condition>
bool await(Condition is_so) {
  constexpr std::int64_t kPatienceNs = 10'000'000'000;
  const std::int64_t start_ns = monotonic_ns();
  while (!is_so()) {
    if (monotonic_ns() - start_ns > kPatienceNs) return false;
    ::sched_yield();
  }
  return true;
}

}  // namespace dplaunch
