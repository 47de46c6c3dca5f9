#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "launcher/report/rank_outcome.h"

namespace dplaunch {

/// How a job, or one attempt at it, ended.
struct JobEnd {
  std::vector<RankOutcome> outcomes;  ///< by local rank
  int interrupted_by = 0;             ///< the signal that the user ended it with, or 0
  bool is_preempted = false;          ///< ended by --preempt-signal
  bool is_given_up = false;           ///< the user did not wait for the end of a failed job
  bool was_to_restart = false;        ///< it had failed, and its next attempt was due
};

enum class JobResult { kSuccess, kFailed, kStopped, kPreempted };

const char* result_name(JobResult result);

/// What a job's end means.
struct Verdict {
  JobResult result = JobResult::kSuccess;
  int exit_code = 0;
  std::optional<std::size_t> root_cause;  ///< worth telling: not that ranks did as they were told
};

/// `is_own_worker`: ranks that end with 0 although they were asked to stop had come to the end.
Verdict judge(const JobEnd& end, bool is_own_worker);

}  // namespace dplaunch
