#pragma once

#include <exception>

#include "base/error.h"
#include "common/rank_environment.h"

namespace dplaunch {

/// Another rank has failed and reports why; this one only ends with it.
class PeerFailure : public Error {
 public:
  using Error::Error;
};

/// From now on an exception that nobody catches, on whatever thread, ends this process so: it is
/// reported on standard error, its error record is written for the launcher, and the process leaves
/// by _exit with its exit code. A PeerFailure, or an error that only says that a peer went away, is
/// marked as a consequence. `environment` is read then, and must outlive all threads.
///
/// main() leaves exceptions alone for this: nothing is unwound before the report. NCCL's
/// destructors wait for lost peers until their time-out, and after an error of CUDA destructors
/// throw.
void report_uncaught_exceptions(const RankEnvironment& environment);

}  // namespace dplaunch
