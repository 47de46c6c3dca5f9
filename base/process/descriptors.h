#pragma once

namespace dplaunch {

// For a process that has just been forked: async-signal-safe, and nothing is allocated. With Linux
// 5.11 one call (close_range), before it one for each descriptor that is open.

/// Closes all descriptors from `first` on.
void close_from(int first);

/// The program that is run next does not get those from `first` on.
void close_on_exec_from(int first);

}  // namespace dplaunch
