#pragma once

#include <exception>

#include "common/rank_environment.h"

namespace dplaunch {

/// Says on standard error what ended this rank, writes its error record for the launcher, and
/// returns the exit code. An error that only says that a peer went away is marked as a consequence.
int report_failure(const RankEnvironment& environment, const std::exception& error);

}  // namespace dplaunch
