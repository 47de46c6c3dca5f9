#pragma once

namespace dplaunch {

/// Keeps freed memory for the next step. By default glibc maps and unmaps each block of 128 KiB or
/// more, that is, each activation in each step, and the kernel clears the pages anew: see
/// docs/performance.md for what that costs. Call it before other threads start.
void keep_freed_memory();

}  // namespace dplaunch
