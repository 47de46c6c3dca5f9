#include "launcher/report/root_cause.h"

#include <signal.h>

#include <tuple>

namespace dplaunch {
namespace {

enum Preference { kOwnFailure, kFailedWhileStopped, kConsequence, kNoFailure };

bool has_obeyed(const RankOutcome& outcome) {
  if (!outcome.is_stopped_by_launcher) return false;
  for (const int sent : {SIGTERM, SIGKILL, SIGINT, SIGHUP}) {
    if (outcome.signal == sent || outcome.exit_code == 128 + sent) return true;
  }
  return false;
}

Preference preference(const RankOutcome& outcome) {
  if (outcome.exit_code == 0 && outcome.signal == 0) return kNoFailure;
  if (outcome.record) return outcome.record->is_consequence ? kConsequence : kOwnFailure;
  if (has_obeyed(outcome)) return kNoFailure;
  if (!outcome.is_stopped_by_launcher || outcome.signal != 0) return kOwnFailure;
  return kFailedWhileStopped;
}

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
  if (outcome.record && has_obeyed(outcome) && outcome.record->exit_code != 0) {
    return outcome.record->exit_code;
  }
  return outcome.signal != 0 ? 128 + outcome.signal : outcome.exit_code;
}

}  // namespace dplaunch
