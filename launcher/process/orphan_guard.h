#pragma once

#include <sys/types.h>

#include <string>

#include "base/files/unique_fd.h"

namespace dplaunch {

/// A small process beside the launcher that outlives it for a moment: if the launcher is killed
/// with SIGKILL, the guard kills what is left of the job. PR_SET_PDEATHSIG ends the workers then,
/// but is not inherited by their children, and nobody is left who could be asked to end those.
///
/// It knows a job's processes by the group of their worker, and by an entry of their environment,
/// which they keep when they leave the group.
class OrphanGuard {
 public:
  /// Forks the guard. `job_entry` ("NAME=value") must be in the environment of every worker and
  /// of no other process. Throws Error(kFailure).
  explicit OrphanGuard(const std::string& job_entry);
  /// Dismisses the guard: nothing is killed.
  ~OrphanGuard();
  OrphanGuard(const OrphanGuard&) = delete;
  OrphanGuard& operator=(const OrphanGuard&) = delete;

  pid_t pid() const { return guard_; }

  /// From now on the process group `group` belongs to the job.
  void add_group(pid_t group);

 private:
  pid_t guard_ = -1;
  UniqueFd to_guard_;
};

}  // namespace dplaunch
