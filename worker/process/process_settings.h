#pragma once

namespace dplaunch {

/// Keeps freed memory for the next step. By default glibc maps and unmaps each block of 128 KiB or
/// more, that is, each activation in each step, and the kernel clears the pages again: see
/// docs/performance.md for what that costs. Call it before other threads start.
void keep_freed_memory();

/// A file that grows over the limit of its size (ulimit -f) becomes an error of that write, which
/// names the file, in place of a silent death by SIGXFSZ.
void turn_file_size_signal_into_error();

/// Keeps LibTorch's profiler silent, unless KINETO_LOG_LEVEL says otherwise: on a machine without
/// a driver it calls that an error. Call it before other threads read the environment.
void silence_profiler();

}  // namespace dplaunch
