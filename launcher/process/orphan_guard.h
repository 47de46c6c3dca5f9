#pragma once

#include <sys/types.h>

#include <vector>

#include "base/files/unique_fd.h"
#include "base/process/process_mark.h"

namespace dplaunch {

/// A small process beside the launcher that outlives it for a moment: if the launcher is killed
/// with SIGKILL, the guard kills what is left of the job. PR_SET_PDEATHSIG ends the workers then,
/// but is not inherited by their children, and nobody is left who could be asked to end those.
///
/// It knows a job's processes by the group of their worker, and by a mark that they keep when they
/// leave the group.
class OrphanGuard {
 public:
  /// Forks the guard. `job` must be on every worker and on no other process. Throws
  /// Error(kFailure).
  explicit OrphanGuard(const ProcessMark& job);
  /// Dismisses the guard: nothing is killed.
  ~OrphanGuard();
  OrphanGuard(const OrphanGuard&) = delete;
  OrphanGuard& operator=(const OrphanGuard&) = delete;

  pid_t pid() const { return guard_; }

  /// From now on the process group `group` belongs to the job.
  void add_group(pid_t group);

  /// The guard is dead, for it can be killed too: reaps it and forks another, which knows all that
  /// the first did. Returns the signal that killed the first. Throws Error(kFailure).
  int replace();

 private:
  void start();
  void tell(pid_t word) const;

  const ProcessMark job_;
  std::vector<pid_t> groups_;
  pid_t guard_ = -1;
  UniqueFd to_guard_;
};

}  // namespace dplaunch
