#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/status_board.h"
#include "launcher/report/rank_outcome.h"

namespace dplaunch {

/// A rank that still runs, and what it last said.
struct RankSign {
  std::size_t local_rank = 0;
  RankStatus status;
  std::int64_t since_ns = 0;  ///< its latest sign of life; its start, if there was none
  bool is_held_up = false;    ///< it may be waiting for the reader of its output
  bool is_halted = false;     ///< by SIGSTOP or a debugger: it is the one, wherever it is
};

/// A rank that hangs, for the user.
struct StalledRank {
  std::size_t index = 0;  ///< in the vector that was asked about
  std::int64_t silent_ns = 0;
  std::string
      text;  ///< "at epoch 1/4, step 412/195, forward, for 30 s; the others wait at step 413"
};

/// The rank that holds the others up: of those that are furthest behind, the one that has been
/// silent the longest, if that is at least `timeout`. Ranks that wait for it in an all-reduce are
/// silent too, but further on. nullopt if that rank is still alive, or nobody runs.
std::optional<StalledRank> find_stalled_rank(const std::vector<RankSign>& running,
                                             std::int64_t now_ns,
                                             std::chrono::milliseconds timeout);

/// The same for a command, which gives no sign of life but its output: the rank that fell silent
/// first, if none has written anything for `timeout`.
std::optional<StalledRank> find_silent_job(const std::vector<RankSign>& running,
                                           std::int64_t now_ns, std::chrono::milliseconds timeout);

/// "at epoch 2/4, step 17/195 (evaluating)".
std::string describe_place(const RankStatus& status);

/// Why a process makes no progress, where the system knows it; empty for one that runs or waits as
/// usual. `state` as in /proc/PID/stat.
std::string describe_process_state(char state, std::int64_t pid);

/// The warning, in one line or two, that a rank hangs: `where` is a StalledRank's text, `state`
/// that of describe_process_state. Where nobody takes the stacks by itself the second line says how
/// to get that rank's.
std::string stall_warning(const RankOutcome& rank, const std::string& where,
                          const std::string& state, bool are_stacks_taken);

}  // namespace dplaunch
