#include "launcher/process/descendants.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vector>

#include "base/process/process_table.h"

namespace dplaunch {
namespace {

// A process that forks without end is killed faster than it forks; this only bounds the hopeless.
constexpr int kMaxRounds = 1000;

std::vector<ProcessEntry> children_except(const std::set<pid_t>& spared) {
  std::vector<ProcessEntry> children;
  if (!has_children()) return children;
  for (const ProcessEntry& entry : list_children()) {
    if (!spared.contains(entry.pid)) children.push_back(entry);
  }
  return children;
}

}  // namespace

Descendants::Descendants() {
  // A shell that was replaced by exec may have left children to this process.
  for (const ProcessEntry& child : children_except({})) spared_.insert(child.pid);
  ::prctl(PR_GET_CHILD_SUBREAPER, &was_subreaper_, 0, 0, 0);
  ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

Descendants::~Descendants() {
  kill_all();
  ::prctl(PR_SET_CHILD_SUBREAPER, was_subreaper_, 0, 0, 0);
}

void Descendants::reap_dead(const std::set<pid_t>& workers) {
  for (const ProcessEntry& child : children_except(spared_)) {
    if (child.state == 'Z' && !workers.contains(child.pid)) {
      ::waitpid(child.pid, nullptr, WNOHANG);
    }
  }
}

void Descendants::kill_all() {
  for (int round = 0; round < kMaxRounds; ++round) {
    const std::vector<ProcessEntry> left = children_except(spared_);
    if (left.empty()) return;
    // A child that is not reaped keeps its number, so kill() cannot hit anyone else.
    for (const ProcessEntry& child : left) ::kill(child.pid, SIGKILL);
    // Where none goes, all that is left hangs in the kernel, and nothing can be done about it.
    bool any_gone = false;
    for (const ProcessEntry& child : left) any_gone |= reap_child(child.pid);
    if (!any_gone) return;
  }
}

}  // namespace dplaunch
