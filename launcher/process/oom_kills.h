#pragma once

namespace dplaunch {

/// How many processes the kernel's out-of-memory killer has ended on this host since it was booted
/// (oom_kill in /proc/vmstat, Linux 4.13 or newer); -1 if the kernel does not say.
long count_oom_kills();

}  // namespace dplaunch
