#pragma once

#include <chrono>

namespace dplaunch {

/// Waits before a restart. Returns the signal that ended the wait (SIGINT, SIGTERM, or SIGHUP
/// unless that is ignored), or 0 when the time is over.
int wait_or_signal(std::chrono::milliseconds time);

}  // namespace dplaunch
