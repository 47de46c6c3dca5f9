#pragma once

namespace dplaunch {

/// Flushes standard output. What was asked for has to arrive; a job's output, in contrast, is in
/// its logs as well. Returns 0, or throws Error(kStorage).
int check_shown();

}  // namespace dplaunch
