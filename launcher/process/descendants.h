#pragma once

#include <sys/types.h>

#include <set>
#include <vector>

#include "base/process/process_table.h"

namespace dplaunch {

/// Makes this process the parent that orphaned descendants fall to (PR_SET_CHILD_SUBREAPER), so
/// that none of the workers' descendants can get away, whatever process group or session it made
/// for itself. Children that were there before are never touched.
class Descendants {
 public:
  Descendants();
  /// Kills and reaps what is left, and gives the subreaper role back.
  ~Descendants();
  Descendants(const Descendants&) = delete;
  Descendants& operator=(const Descendants&) = delete;

  /// `child` is this process's own: it is neither killed nor reaped here.
  void spare(pid_t child) { spared_.insert(child); }
  /// It is gone, and its number may become another's.
  void unspare(pid_t child) { spared_.erase(child); }

  /// Reaps adopted descendants that are dead, but none of `workers`, and returns those that live.
  std::vector<ProcessEntry> living(std::set<pid_t> workers);

  /// Kills and reaps every child that is not spared and was not there before, then the orphans that
  /// this makes children of this process. Returns what is left: what it may not kill, and what
  /// hangs in the kernel.
  std::vector<ProcessEntry> kill_all();

  /// What lives now is left alone from here on.
  void let_go();

 private:
  std::set<pid_t> spared_;  ///< and those that were there before
  int was_subreaper_ = 0;
};

}  // namespace dplaunch
