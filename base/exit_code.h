#pragma once

namespace dplaunch {

/// What dplaunch and its workers exit with. A failing worker's own code is passed on as it is, a
/// worker killed by signal n gives 128 + n. Documented for users in docs/exit-codes.md.
enum class ExitCode : int {
  kSuccess = 0,
  kFailure = 1,     ///< anything without a code of its own
  kUsage = 2,       ///< command line or configuration
  kDevice = 3,      ///< a device that does not exist, is given twice or cannot be used
  kData = 4,        ///< data set missing, damaged or too small
  kRendezvous = 5,  ///< the ranks did not find each other, or lost each other
  kStall = 6,       ///< a rank stopped making progress
  kStorage = 7,     ///< run folder or checkpoint cannot be written or read
  kPreempted = 75,  ///< stopped by --preempt-signal: start it again (EX_TEMPFAIL of sysexits.h)
  kNotExecutable = 126,
  kNotFound = 127,
  kInterrupted = 130,  ///< 128 + SIGINT
  kTerminated = 143,   ///< 128 + SIGTERM
};

constexpr int to_int(ExitCode code) {
  return static_cast<int>(code);
}

}  // namespace dplaunch
