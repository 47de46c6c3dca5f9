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

/// Reports on standard error what ended this rank, writes its error record for the launcher, and
/// returns the exit code. A PeerFailure, or an error that only says that a peer went away, is
/// marked as a consequence.
int report_failure(const RankEnvironment& environment, const std::exception& error);

}  // namespace dplaunch
