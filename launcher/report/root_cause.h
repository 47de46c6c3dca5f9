#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "launcher/report/rank_outcome.h"

namespace dplaunch {

/// The rank whose failure came first, as an index; nullopt if none failed of its own accord.
///
/// A failure has the time that its error record gives, or else the time at which the death was
/// seen. In order of preference: failures of a rank's own; ranks that left with an error of their
/// own while they were being stopped; ranks that only say that a peer went away. A rank that
/// obeyed the launcher's signal did not fail.
std::optional<std::size_t> find_root_cause(const std::vector<RankOutcome>& outcomes);

/// What a shell would report for this rank: its exit code, or 128 + signal. For a rank that the
/// launcher had to kill after it had recorded an error, the record's code.
int exit_code_of(const RankOutcome& outcome);

}  // namespace dplaunch
