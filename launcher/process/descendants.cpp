#include "launcher/process/descendants.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace dplaunch {
namespace {

// A process that forks without end is killed faster than it forks; this only bounds the hopeless.
constexpr int kMaxRounds = 1000;

std::vector<ProcessEntry> children_except(const std::set<pid_t>& spared) {
  return has_children() ? list_children(spared) : std::vector<ProcessEntry>();
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

std::vector<ProcessEntry> Descendants::living(std::set<pid_t> workers) {
  std::vector<ProcessEntry> living;
  workers.insert(spared_.begin(), spared_.end());
  for (const ProcessEntry& child : children_except(workers)) {
    if (child.state == 'Z') {
      ::waitpid(child.pid, nullptr, WNOHANG);
    } else {
      living.push_back(child);
    }
  }
  return living;
}

void Descendants::let_go() {
  for (const ProcessEntry& child : children_except(spared_)) spared_.insert(child.pid);
}

std::vector<ProcessEntry> Descendants::kill_all() {
  for (int round = 0; round < kMaxRounds; ++round) {
    const std::vector<ProcessEntry> left = children_except(spared_);
    if (left.empty()) return {};
    // A child that is not reaped keeps its number, so kill() cannot hit anyone else.
    std::vector<pid_t> killed;
    for (const ProcessEntry& child : left) {
      if (::kill(child.pid, SIGKILL) == 0) killed.push_back(child.pid);
    }
    // Where none goes, all that is left hangs in the kernel or has become another user's, and
    // nothing can be done about it.
    bool any_gone = false;
    for (const pid_t pid : killed) any_gone |= reap_child(pid);
    if (!any_gone) return left;
  }
  return children_except(spared_);
}

}  // namespace dplaunch
