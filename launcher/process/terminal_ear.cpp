#include "launcher/process/terminal_ear.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"
#include "base/process/descriptors.h"
#include "base/process/shortage.h"
#include "base/process/signals_blocked.h"

namespace dplaunch {
namespace {

/// All signals are blocked. The launcher has threads: async-signal-safe calls only.
[[noreturn]] void listen(int to_launcher, pid_t launcher, pid_t group) {
  constexpr int kToLauncher = 3;
  ::setpgid(0, group);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  ::prctl(PR_SET_NAME, "dplaunch-ear", 0, 0, 0);
  if (::getppid() != launcher) ::_exit(0);
  ::dup2(to_launcher, kToLauncher);
  close_from(kToLauncher + 1);
  for (int fd = 0; fd < kToLauncher; ++fd) ::close(fd);
  sigset_t of_keys;
  ::sigemptyset(&of_keys);
  ::sigaddset(&of_keys, SIGINT);
  ::sigaddset(&of_keys, SIGTSTP);
  while (true) {
    siginfo_t info{};
    const int signal = ::sigwaitinfo(&of_keys, &info);
    // What a process sends to the group, the launcher for one, is not a key.
    if (signal < 0 || info.si_code != SI_KERNEL) continue;
    if (::write(kToLauncher, &signal, sizeof signal) != sizeof signal) ::_exit(0);
  }
}

}  // namespace

TerminalEar::TerminalEar(pid_t group) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    throw system_error(ExitCode::kFailure, "cannot make a pipe for the terminal's signals", errno);
  }
  heard_.reset(ends[0]);
  const UniqueFd to_launcher(ends[1]);
  ::fcntl(heard_.get(), F_SETFL, O_NONBLOCK);
  const pid_t launcher = ::getpid();
  const SignalsBlocked blocked;
  child_ = ::fork();
  if (child_ < 0) {
    throw system_error(ExitCode::kFailure, "cannot start the terminal's listener", errno,
                       shortage_hint(errno));
  }
  if (child_ == 0) listen(to_launcher.get(), launcher, group);
  ::setpgid(child_, group);  // it has joined when this returns
}

TerminalEar::~TerminalEar() {
  // Killed with its group, it may have been reaped, and its number be another's.
  if (child_ <= 0 || ::waitpid(child_, nullptr, WNOHANG) != 0) return;
  ::kill(child_, SIGKILL);
  ::waitpid(child_, nullptr, 0);
}

int TerminalEar::take() const {
  int signal = 0;
  return ::read(heard_.get(), &signal, sizeof signal) == sizeof signal ? signal : 0;
}

}  // namespace dplaunch
