#include "launcher/report/job_end.h"

#include <signal.h>

#include <algorithm>
#include <iterator>

#include "base/exit_code.h"
#include "launcher/report/root_cause.h"

namespace dplaunch {
namespace {

/// A rank that hung has not succeeded, even if it left with 0 when it was ended for that.
bool have_all_succeeded(const std::vector<RankOutcome>& outcomes) {
  return std::all_of(outcomes.begin(), outcomes.end(), [](const RankOutcome& outcome) {
    return outcome.exit_code == 0 && outcome.signal == 0 && outcome.stall.empty() &&
           !outcome.is_out_of_reach;
  });
}

/// When the user ended the job, only a failure that a rank recorded itself is news: an exit code
/// other than 0 may be the program's way to stop. A rank that hung was stopped by the launcher, but
/// not because the user asked for it.
bool is_news(const RankOutcome& root, bool is_asked_to_stop) {
  if (!is_asked_to_stop || !root.is_stopped_by_launcher || !root.stall.empty()) return true;
  return root.record && !root.record->is_consequence;
}

Verdict verdict_on(const JobEnd& end, bool is_own_worker,
                   const std::optional<Interruption>& interruption, bool is_between_attempts) {
  Verdict verdict;
  verdict.root_cause = find_root_cause(end.outcomes);
  if (verdict.root_cause && !is_news(end.outcomes[*verdict.root_cause], interruption.has_value())) {
    verdict.root_cause.reset();
  }
  // A command's exit code 0 does not say whether it came to its end or stopped early.
  const bool is_finished =
      have_all_succeeded(end.outcomes) && !end.lost_host && (is_own_worker || !interruption);
  if (is_finished) return verdict;
  // A rank that fails while it is to save its work counts for more than the preemption: there may
  // be no checkpoint to resume from. The failure before a restart was not the job's end.
  const bool is_preempted = interruption && interruption->is_preemption;
  const bool has_failed = verdict.root_cause && !(is_preempted && is_between_attempts);
  const bool can_go_on = !is_own_worker || end.has_checkpoint;
  if (end.is_folder_lost) {
    verdict.result = JobResult::kFailed;
    verdict.exit_code = to_int(ExitCode::kStorage);
    verdict.root_cause.reset();
  } else if (interruption && !(is_preempted && (can_go_on || has_failed))) {
    verdict.result = JobResult::kStopped;
    verdict.exit_code = 128 + interruption->signal;
  } else if (end.lost_host && !(has_failed && is_own_failure(end.outcomes[*verdict.root_cause]))) {
    verdict.result = JobResult::kFailed;
    verdict.exit_code = to_int(end.lost_host->code());
    verdict.root_cause.reset();
  } else if (has_failed) {
    verdict.result = JobResult::kFailed;
    verdict.exit_code = exit_code_of(end.outcomes[*verdict.root_cause]);
  } else if (is_preempted) {
    verdict.result = JobResult::kPreempted;
    verdict.exit_code = to_int(ExitCode::kPreempted);
  }
  return verdict;
}

}  // namespace

void let_result_stand(RankOutcome& outcome, const RankStatus& status) {
  if (status.phase != Phase::kFinished) return;
  const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT};
  const bool was_asked = std::ranges::find(signals, outcome.signal) != std::end(signals) ||
                         outcome.signal == outcome.stop_signal;
  const bool was_killed = outcome.signal == SIGKILL && outcome.is_stopped_by_launcher;
  if (was_asked || was_killed) outcome.signal = 0;
}

const char* result_name(JobResult result) {
  switch (result) {
    case JobResult::kSuccess:
      return "success";
    case JobResult::kFailed:
      return "failed";
    case JobResult::kStopped:
      return "stopped";
    case JobResult::kPreempted:
      return "preempted";
  }
  return "unknown";
}

Verdict judge(const JobEnd& end, bool is_own_worker) {
  return verdict_on(end, is_own_worker, end.interruption, /*is_between_attempts=*/false);
}

Verdict judge(const JobEnd& end, bool is_own_worker, const Interruption& before_restart) {
  return verdict_on(end, is_own_worker, before_restart, /*is_between_attempts=*/true);
}

}  // namespace dplaunch
