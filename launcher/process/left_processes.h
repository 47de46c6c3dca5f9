#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

#include "base/process/process_table.h"
#include "launcher/process/descendants.h"
#include "launcher/process/ranks.h"

namespace dplaunch {

/// A process that ranks have left behind.
struct LeftProcess {
  pid_t pid = 0;
  int rank = -1;  ///< -1: it does not show whose it is
  std::string command;
};

/// "dplaunch: killed 2 processes that rank 0 left: train.py, sh -c ...\n" with the verb "killed"; a
/// line for each rank, empty for none.
std::string left_words(const std::string& verb, const std::vector<LeftProcess>& left);

/// What ranks leave behind when they end: their orphans, which fall to this process. (Python's
/// resource tracker is one, which unlinks shared memory when its program has gone.) Each is asked
/// to end by SIGTERM at most once, and its own children when it is gone: a program that saves its
/// work needs them until then. One that is on its way from fork(2) to execve(2) is asked again
/// after it: a shell's fork notes the signal for the shell's trap, and forgets it there.
class LeftProcesses {
 public:
  /// Both must outlive this.
  LeftProcesses(Descendants& descendants, const Ranks& ranks)
      : descendants_(descendants), ranks_(ranks) {}

  bool any() { return !descendants_.living(ranks_.worker_pids()).empty(); }
  std::vector<LeftProcess> list();

  void ask_all();
  /// Those in the process group of a rank that has ended.
  void ask_those_of_ended_ranks();
  /// The children of ranks that are a shell with a trap for SIGTERM: that runs when its child has
  /// ended, which the shell does not tell by itself. To be listed before the shell is signalled:
  /// what its trap starts is not to be asked.
  std::vector<ProcessEntry> children_of_waiting_shells() const;
  void ask(const std::vector<ProcessEntry>& processes);

 private:
  void ask(const ProcessEntry& process);

  Descendants& descendants_;
  const Ranks& ranks_;
  std::map<pid_t, bool> asked_;  ///< and whether it was a fork then
};

}  // namespace dplaunch
