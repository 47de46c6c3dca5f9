#include "launcher/process/worker_process.h"

#include <fmt/core.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/process/v2/environment.hpp>
#include <boost/process/v2/process.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "base/process/process_table.h"
#include "base/process/shortage.h"
#include "base/process/signals_blocked.h"
#include "launcher/process/start_error.h"

namespace dplaunch {
namespace {

namespace asio = boost::asio;
namespace process = boost::process::v2;

// P_PIDFD would do, but glibc's waitid and the sanitizers' wrapper agree on P_PID only.
siginfo_t look_at(pid_t pid, int options) {
  siginfo_t info{};
  while (::waitid(P_PID, static_cast<id_t>(pid), &info, options | WNOHANG) != 0 && errno == EINTR) {
  }
  return info;
}

void check_executable(const std::string& executable) {
  struct stat status {};
  if (::stat(executable.c_str(), &status) != 0) throw start_error(executable, errno);
  if (S_ISDIR(status.st_mode)) throw start_error(executable, EISDIR);
  if (::access(executable.c_str(), X_OK) != 0) throw start_error(executable, errno);
}

/// Returns its number: it is watched by its owner, and not by Boost.
pid_t launch(const WorkerProcess::Command& command, ChildSetup setup) {
  const std::string& executable = command.argv.front();
  check_executable(executable);
  const std::vector<std::string> arguments(command.argv.begin() + 1, command.argv.end());
  process::posix::default_launcher launcher;
  boost::system::error_code error;
  // A signal that comes between fork and exec must not run the launcher's handlers in the child.
  const SignalsBlocked blocked;
  // Of its own: in the child asio makes its epoll set anew, with all that is in it, before exec. Of
  // a thousand ranks that took seconds.
  asio::io_context nothing_else{1};
  try {
    process::process started =
        launcher(nothing_else.get_executor(), error, executable, arguments,
                 process::process_environment(command.environment), std::move(setup));
    if (!error) {
      started.detach();
      return launcher.pid;
    }
  } catch (const boost::system::system_error& e) {
    // The process runs, but Boost got no pidfd for it, which nobody would have used.
    if (launcher.pid > 0) return launcher.pid;
    throw system_error(ExitCode::kFailure, "cannot start a worker", e.code().value());
  }
  if (launcher.pid > 0) ::waitpid(launcher.pid, nullptr, 0);
  throw start_error(executable, error.value());
}

/// -1 where there are none.
int pidfd_of(pid_t pid) {
  const int pidfd = open_pidfd(pid);
  if (pidfd >= 0 || lacks_pidfds(errno)) return pidfd;
  const int error_number = errno;
  ::kill(pid, SIGKILL);
  reap_child(pid);
  throw system_error(ExitCode::kFailure, "cannot watch a worker", error_number,
                     shortage_hint(error_number));
}

ProcessEnd end_of(const siginfo_t& info) {
  ProcessEnd end;
  (info.si_code == CLD_EXITED ? end.exit_code : end.signal) = info.si_status;
  end.dumped_core = info.si_code == CLD_DUMPED;
  return end;
}

}  // namespace

WorkerProcess::WorkerProcess(asio::io_context& io, const Command& command, ChildSetup setup)
    : pid_(launch(command, std::move(setup))), pidfd_(io) {
  const int pidfd = pidfd_of(pid());
  if (pidfd >= 0) pidfd_.assign(pidfd);
}

WorkerProcess::~WorkerProcess() {
  if (kills_group_) signal_group(SIGKILL);
  // One that hangs in the kernel, or must not be killed, is not waited for.
  if (is_ending() || signal(SIGKILL)) reap_child(pid());
}

void WorkerProcess::async_wait(std::function<void(ProcessEnd)> on_end) {
  on_end_ = std::move(on_end);
  if (!pidfd_.is_open()) return;
  pidfd_.async_wait(asio::posix::descriptor_base::wait_read,
                    [this](boost::system::error_code error) {
                      if (error) return;
                      // Of one that a debugger traces, the end can be known only when it lets go,
                      // and is told by SIGCHLD.
                      pidfd_.close();
                      tell_end();
                    });
}

void WorkerProcess::look() {
  if (!pidfd_.is_open()) tell_end();
}

void WorkerProcess::tell_end() {
  if (!on_end_) return;
  const siginfo_t info = look_at(pid(), WEXITED | WNOWAIT);
  if (info.si_pid == pid()) std::exchange(on_end_, nullptr)(end_of(info));
}

bool WorkerProcess::is_ending() const {
  return look_at(pid(), WEXITED | WNOWAIT).si_pid == pid() || is_exiting(pid());
}

bool WorkerProcess::signal(int signal) const {
  return ::kill(pid(), signal) == 0 || errno != EPERM;
}

void WorkerProcess::signal_group(int signal) const {
  ::kill(-pid(), signal);
}

}  // namespace dplaunch
