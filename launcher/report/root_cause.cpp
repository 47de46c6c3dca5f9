#include "launcher/report/root_cause.h"

#include <signal.h>

#include <cstdint>
#include <string>
#include <tuple>

#include "base/exit_code.h"
#include "common/lost_peer.h"

namespace dplaunch {
namespace {

// In the order in which failures are taken for the root cause.
enum Preference { kOwnFailure, kFailedWhileStopped, kConsequence, kNoFailure };

/// Ended by a signal, or with the code that a shell gives such an end. Not only by the one that was
/// recorded: a group's second request, the kill after the grace, or a handler that passes the
/// signal on in another form (SIGHUP arrives as SIGTERM) end a rank as well.
bool has_obeyed(const RankOutcome& outcome) {
  if (!outcome.is_stopped_by_launcher) return false;
  if (outcome.exit_code == to_int(ExitCode::kPreempted)) return true;  // the trainer says so
  for (const int sent : {outcome.stop_signal, SIGTERM, SIGKILL, SIGINT, SIGHUP}) {
    if (sent != 0 && (outcome.signal == sent || outcome.exit_code == 128 + sent)) return true;
  }
  return false;
}

Preference preference(const RankOutcome& outcome) {
  if (!outcome.stall.empty()) return kOwnFailure;
  if (outcome.exit_code == 0 && outcome.signal == 0) return kNoFailure;
  if (outcome.record) {
    const bool is_consequence =
        outcome.record->is_consequence || says_peer_is_lost(outcome.record->message);
    return is_consequence ? kConsequence : kOwnFailure;
  }
  if (has_obeyed(outcome)) return kNoFailure;
  // A Python script that records nothing: its traceback shows whose fault it was.
  if (outcome.signal == 0 && says_peer_is_lost(outcome.stderr_tail)) return kConsequence;
  if (!outcome.is_stopped_by_launcher || outcome.signal != 0) return kOwnFailure;
  return kFailedWhileStopped;
}

/// A rank that reports an error may take seconds to leave, in which others die of it.
std::int64_t failed_ns(const RankOutcome& outcome) {
  const bool is_recorded = outcome.record && outcome.record->monotonic_ns > 0;
  return is_recorded ? outcome.record->monotonic_ns : outcome.ended_ns;
}

}  // namespace

std::optional<std::size_t> find_root_cause(const std::vector<RankOutcome>& outcomes) {
  const auto order = [&](std::size_t index) {
    return std::tuple(preference(outcomes[index]), failed_ns(outcomes[index]), index);
  };
  std::optional<std::size_t> first;
  for (std::size_t index = 0; index < outcomes.size(); ++index) {
    if (preference(outcomes[index]) == kNoFailure) continue;
    if (!first || order(index) < order(*first)) first = index;
  }
  return first;
}

int exit_code_of(const RankOutcome& outcome) {
  if (!outcome.stall.empty()) return to_int(ExitCode::kStall);
  if (outcome.record && has_obeyed(outcome) && outcome.record->exit_code != 0) {
    return outcome.record->exit_code;
  }
  return outcome.signal != 0 ? 128 + outcome.signal : outcome.exit_code;
}

}  // namespace dplaunch
