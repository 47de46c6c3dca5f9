#include "launcher/process/orphan_guard.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <set>

#include "base/error.h"
#include "base/process/descriptors.h"
#include "base/process/process_table.h"
#include "base/process/shortage.h"
#include "base/process/signals_blocked.h"

namespace dplaunch {
namespace {

// What the launcher writes: the number of a group, or this; the end of file means it was killed.
constexpr pid_t kDismissed = 0;
constexpr int kMaxSweeps = 1000;  // a bound for what forks faster than it is killed
constexpr int kMaxDeathMs = 10000;
constexpr int kPipe = 3;

// Keeps nothing that others could wait for: the launcher's terminal, pipes, working directory.
void leave_everything_but(int pipe) {
  ::setsid();
  sigset_t all;
  ::sigfillset(&all);
  ::sigprocmask(SIG_BLOCK, &all, nullptr);
  ::prctl(PR_SET_NAME, "dplaunch-guard", 0, 0, 0);
  ::prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
  ::dup2(pipe, kPipe);
  const int null = ::open("/dev/null", O_RDWR);
  for (int fd = 0; fd < kPipe; ++fd) ::dup2(null, fd);
  close_from(kPipe + 1);
  if (::chdir("/") != 0) return;
}

void kill_job(const std::set<pid_t>& groups, const ProcessMark& job) {
  for (int round = 0; round < kMaxSweeps; ++round) {
    bool any_killed = false;
    for (const ProcessEntry& entry : list_processes()) {
      if (entry.pid == ::getpid() || entry.state == 'Z') continue;
      any_killed |= kill_if(
          entry.pid, [&] { return groups.contains(::getpgid(entry.pid)) || job.is_on(entry.pid); });
    }
    if (!any_killed) return;
  }
}

/// A killed launcher's pipes close before its children get their PR_SET_PDEATHSIG: until then a
/// worker between fork and exec, which nothing shows to be one, may come to life and have children.
void wait_for_death_of(pid_t launcher) {
  const UniqueFd pidfd(open_pidfd(launcher));
  const bool is_dead_already = ::getppid() != launcher;
  if (is_dead_already) return;
  if (!pidfd) {
    for (int ms = 0; ms < kMaxDeathMs && ::getppid() == launcher; ++ms) ::poll(nullptr, 0, 1);
    return;
  }
  pollfd end{pidfd.get(), POLLIN, 0};
  while (::poll(&end, 1, kMaxDeathMs) < 0 && errno == EINTR) {
  }
}

[[noreturn]] void guard(int pipe, pid_t launcher, const ProcessMark& job) {
  leave_everything_but(pipe);
  // Within a job of another launcher the guard must not die of that job's end, but of its own.
  job.put_on_this_process();
  std::set<pid_t> groups;
  pid_t word = 0;
  ssize_t count = 0;
  while ((count = ::read(kPipe, &word, sizeof word)) == sizeof word) {
    if (word == kDismissed) ::_exit(0);
    groups.insert(word);
  }
  // At once, for what is left of the job should die soon, and again when nothing can be added to
  // it.
  kill_job(groups, job);
  wait_for_death_of(launcher);
  kill_job(groups, job);
  ::_exit(0);
}

}  // namespace

OrphanGuard::OrphanGuard(const ProcessMark& job) : job_(job) {
  start();
}

void OrphanGuard::start() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    throw system_error(ExitCode::kFailure, "cannot make the guard's pipe", errno);
  }
  UniqueFd from_launcher(ends[0]);
  to_guard_.reset(ends[1]);
  const pid_t launcher = ::getpid();
  // The launcher's handlers must not run in the child.
  const SignalsBlocked blocked;
  const pid_t forked = ::fork();
  if (forked < 0) {
    throw system_error(ExitCode::kFailure, "cannot start the job's guard process", errno,
                       shortage_hint(errno));
  }
  if (forked == 0) {
    to_guard_.reset();
    guard(from_launcher.get(), launcher, job_);
  }
  guard_ = forked;
}

OrphanGuard::~OrphanGuard() {
  tell(kDismissed);
  to_guard_.reset();
  if (guard_ > 0) ::waitpid(guard_, nullptr, 0);
}

void OrphanGuard::add_group(pid_t group) {
  groups_.push_back(group);
  tell(group);
}

int OrphanGuard::replace() {
  int status = 0;
  if (guard_ > 0) ::waitpid(guard_, &status, 0);
  guard_ = -1;
  start();
  for (const pid_t group : groups_) tell(group);
  return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

void OrphanGuard::tell(pid_t word) const {
  // Fails only if the guard was killed; another is told the same then.
  while (::write(to_guard_.get(), &word, sizeof word) < 0 && errno == EINTR) {
  }
}

}  // namespace dplaunch
