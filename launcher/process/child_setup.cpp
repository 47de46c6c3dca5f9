#include "launcher/process/child_setup.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/process/descriptors.h"

namespace dplaunch {
namespace {

using boost::system::error_code;

error_code last_error() {
  return {errno, boost::system::system_category()};
}

// An ignored signal stays ignored through exec, and so does a mask: a worker must not inherit what
// the launcher made of them, but for those that nohup or a script's `&` ignore for all of a job.
void reset_signals(const std::vector<int>& ignored, int held_signal) {
  struct sigaction action {};
  for (int signal = 1; signal < NSIG; ++signal) {
    const bool is_ignored = std::find(ignored.begin(), ignored.end(), signal) != ignored.end();
    action.sa_handler = is_ignored ? SIG_IGN : SIG_DFL;
    ::sigaction(signal, &action, nullptr);
  }
  sigset_t held;
  ::sigemptyset(&held);
  if (held_signal != 0) ::sigaddset(&held, held_signal);
  ::sigprocmask(SIG_SETMASK, &held, nullptr);
}

std::vector<unsigned long> cpu_mask(const std::vector<int>& cpus) {
  constexpr std::size_t kWordBits = 8 * sizeof(unsigned long);
  std::vector<unsigned long> mask;
  for (const int cpu : cpus) {
    const auto bit = static_cast<std::size_t>(cpu);
    if (mask.size() <= bit / kWordBits) mask.resize(bit / kWordBits + 1);
    mask[bit / kWordBits] |= 1UL << bit % kWordBits;
  }
  return mask;
}

}  // namespace

ChildSetup::ChildSetup(Descriptors descriptors, const ProcessMark& job,
                       std::vector<int> ignored_signals, const std::vector<int>& cpus,
                       int held_signal)
    : descriptors_(std::move(descriptors)),
      job_(job),
      ignored_signals_(std::move(ignored_signals)),
      held_signal_(held_signal),
      cpu_mask_(cpu_mask(cpus)),
      launcher_(::getpid()) {}

error_code ChildSetup::on_setup(Launcher& launcher, const boost::filesystem::path&,
                                const char* const*) {
  for (const int fd : descriptors_.inherited) launcher.fd_whitelist.push_back(fd);
  return {};
}

error_code ChildSetup::on_exec_setup(Launcher&, const boost::filesystem::path&,
                                     const char* const*) {
  job_.put_on_this_process();
  if (::setpgid(0, 0) != 0) return last_error();
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) return last_error();
  // The launcher may have died between the fork and the line above, which then came too late.
  if (::getppid() != launcher_) leave();
  if (::dup2(descriptors_.stdin_fd, STDIN_FILENO) < 0) return last_error();
  if (::dup2(descriptors_.stdout_fd, STDOUT_FILENO) < 0) return last_error();
  if (::dup2(descriptors_.stderr_fd, STDERR_FILENO) < 0) return last_error();
  // Also those that the launcher itself inherited. Boost's close_all only reaches the descriptors
  // above the highest one that is kept.
  close_on_exec_from(STDERR_FILENO + 1);
  for (const int fd : descriptors_.inherited) {
    if (::fcntl(fd, F_SETFD, 0) < 0) return last_error();
  }
  bind_to_cpus();
  reset_signals(ignored_signals_, held_signal_);
  return {};
}

// Between fork and exec: nothing may be allocated here.
void ChildSetup::bind_to_cpus() const {
  if (cpu_mask_.empty()) return;
  const auto* const mask = reinterpret_cast<const cpu_set_t*>(cpu_mask_.data());
  if (::sched_setaffinity(0, cpu_mask_.size() * sizeof(unsigned long), mask) == 0) return;
  constexpr char kWarning[] =
      "dplaunch: warning: not bound: the kernel refuses the cores that were planned for this "
      "rank\n";
  // Standard error is a pipe that the launcher reads; there is no other way to report.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, kWarning, sizeof kWarning - 1);
}

void ChildSetup::leave() {
  ::_exit(127);
}

}  // namespace dplaunch
