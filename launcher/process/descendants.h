#pragma once

#include <sys/types.h>

#include <set>

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

  /// Reaps adopted descendants that are dead, but none of `workers`.
  void reap_dead(const std::set<pid_t>& workers);

  /// Kills and reaps every child that was not there before, then the orphans that this makes
  /// children of this process, until none is left.
  void kill_all();

 private:
  std::set<pid_t> earlier_children_;
  int was_subreaper_ = 0;
};

}  // namespace dplaunch
