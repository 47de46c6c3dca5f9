#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/error.h"
#include "launcher/report/likely_cause.h"
#include "launcher/report/rank_outcome.h"

namespace dplaunch {

/// "exit code 7", "killed by SIGSEGV".
std::string describe_end(const RankOutcome& outcome);

/// What went wrong, for the user: the root cause first (rank, device, pid, end, step), its message
/// and hint, or else the exception that it printed last or its last words on standard error, the
/// likely cause, the consequences, its log. A traceback that it printed itself is not repeated.
/// At most `kMaxReportLines` lines, without control characters.
std::string failure_report(const std::vector<RankOutcome>& outcomes, std::size_t root_cause,
                           const FailureContext& context = {});

/// The same of a host that was lost with its ranks, or could not go on.
std::string failure_report(const Error& lost_host);

inline constexpr std::size_t kMaxReportLines = 15;

}  // namespace dplaunch
