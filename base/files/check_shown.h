#pragma once

#include <iosfwd>

namespace dplaunch {

/// Flushes `out`, which is standard output: what was asked for has to arrive; a job's output, in
/// contrast, is in its logs as well. Returns 0, or throws Error(kStorage).
int check_shown(std::ostream& out);

}  // namespace dplaunch
