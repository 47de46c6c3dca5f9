#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "launcher/report/rank_outcome.h"

namespace dplaunch {

/// "exit code 7", "killed by SIGKILL (out of memory?)".
std::string describe_end(const RankOutcome& outcome);

/// What went wrong, for the user: the root cause first (rank, device, pid, end, step), its message
/// and hint or else its last words on standard error, its log, then the consequences. At most
/// `kMostReportLines` lines, without control characters.
std::string failure_report(const std::vector<RankOutcome>& outcomes, std::size_t root_cause);

inline constexpr std::size_t kMostReportLines = 15;

}  // namespace dplaunch
