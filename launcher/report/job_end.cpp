#include "launcher/report/job_end.h"

#include <algorithm>

#include "base/exit_code.h"
#include "launcher/report/root_cause.h"

namespace dplaunch {
namespace {

bool have_all_succeeded(const std::vector<RankOutcome>& outcomes) {
  return std::all_of(outcomes.begin(), outcomes.end(), [](const RankOutcome& outcome) {
    return outcome.exit_code == 0 && outcome.signal == 0;
  });
}

/// When the user ended the job, only a failure that a rank reported itself is news.
bool is_news(const RankOutcome& root, bool is_asked_to_stop) {
  if (!is_asked_to_stop) return true;
  return !root.is_stopped_by_launcher || (root.record && !root.record->is_consequence);
}

}  // namespace

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
  Verdict verdict;
  const bool is_asked_to_stop = end.interrupted_by != 0 || end.is_preempted;
  verdict.root_cause = find_root_cause(end.outcomes);
  if (verdict.root_cause && !is_news(end.outcomes[*verdict.root_cause], is_asked_to_stop)) {
    verdict.root_cause.reset();
  }
  const bool is_finished = have_all_succeeded(end.outcomes) && (is_own_worker || !is_asked_to_stop);
  if (is_finished) return verdict;
  const bool is_preempted_between = end.is_preempted && end.was_to_restart;
  if (end.interrupted_by != 0) {
    verdict.result = JobResult::kStopped;
    verdict.exit_code = 128 + end.interrupted_by;
  } else if (verdict.root_cause && !is_preempted_between) {
    verdict.result = JobResult::kFailed;
    verdict.exit_code = exit_code_of(end.outcomes[*verdict.root_cause]);
  } else if (end.is_preempted) {
    verdict.result = JobResult::kPreempted;
    verdict.exit_code = to_int(ExitCode::kPreempted);
  }
  return verdict;
}

}  // namespace dplaunch
