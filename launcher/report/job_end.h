#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "launcher/report/rank_outcome.h"

namespace dplaunch {

/// A signal by which a job was ended from outside.
struct Interruption {
  int signal = 0;
  bool is_preemption = false;  ///< it was --preempt-signal
  bool operator==(const Interruption&) const = default;
};

/// How one attempt at a job ended.
struct JobEnd {
  std::vector<RankOutcome> outcomes;         ///< by local rank
  std::optional<Interruption> interruption;  ///< nullopt: no one ended it before its end
  bool is_given_up = false;                  ///< the user did not wait for the end of a failed job
  std::string port_stranger;                 ///< who took the port of rank 0, see PortWatch
  std::string launcher_error;                ///< why the launcher itself gave up; no rank's failure
  bool has_checkpoint = true;                ///< of the trainer: it can go on from somewhere
  bool is_folder_lost = false;               ///< ended because its folder is there no more
  /// Of several hosts: one was lost, or could not go on, and how its ranks ended is not known.
  std::optional<Error> lost_host = {};
  bool is_enough_left = false;  ///< then: the job may go on with the other hosts
};

/// A trainer's rank that had its result written by then (`status` is its last) and was on its way
/// out has succeeded, whatever signal to stop made it leave sooner.
void let_result_stand(RankOutcome& outcome, const RankStatus& status);

enum class JobResult { kSuccess, kFailed, kStopped, kPreempted };

const char* result_name(JobResult result);

/// What a job's end means.
struct Verdict {
  JobResult result = JobResult::kSuccess;
  int exit_code = 0;
  std::optional<std::size_t> root_cause;  ///< worth a report: no rank that did as it was asked
};

/// `is_own_worker`: ranks that end with 0 although they were asked to stop had come to the end. A
/// trainer that was preempted before its first checkpoint was only stopped.
Verdict judge(const JobEnd& end, bool is_own_worker);

/// The same of a job that failed in its last attempt, `end`, and was interrupted before the next.
Verdict judge(const JobEnd& end, bool is_own_worker, const Interruption& before_restart);

}  // namespace dplaunch
