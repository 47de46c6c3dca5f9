#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "launcher/report/rank_outcome.h"

namespace dplaunch {

/// The rank whose failure came first, as an index; nullopt if none failed of its own accord.
///
/// A failure has the time that its error record gives, or else the time at which the death was
/// seen. In order of preference: failures of a rank's own; ranks that only say that a peer went
/// away, which is a consequence only where there is such a failure; and behind all of them, in the
/// same order, what failed after it was asked to stop. A rank that obeyed the launcher's signal did
/// not fail.
std::optional<std::size_t> find_root_cause(const std::vector<RankOutcome>& outcomes);

/// Whether it failed before it was asked to stop, and not because a peer went away.
bool is_own_failure(const RankOutcome& outcome);

/// Whether what ended the rank, by its record or its own words, was that a peer went away.
bool has_lost_peer(const RankOutcome& outcome);

/// What a shell would report of this rank's process: its exit code, or 128 + signal.
int process_exit_code(const RankOutcome& outcome);

/// The same of what the rank's end means: of one that hung kStall's, of one that the launcher had
/// to kill after it had recorded an error the record's code; after a traceback, Python's own, 1.
int exit_code_of(const RankOutcome& outcome);

/// Whether the last line is what an uncaught exception's traceback ends in: "ValueError: no label".
/// LibTorch's advice below a CUDA error is passed over.
bool ends_in_traceback(std::string_view stderr_tail);

}  // namespace dplaunch
