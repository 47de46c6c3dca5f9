#include "launcher/process/signal_scope.h"

#include <ctime>
#include <initializer_list>

namespace dplaunch {
namespace {

void set_handler(int signal, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  ::sigaction(signal, &action, nullptr);
}

// Also where one of them is the preempt signal, those by which a user ends a program are left out:
// they must end the launcher while it is not listening, between two attempts for example.
sigset_t signals_for_listeners(int preempt_signal) {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGUSR1);
  ::sigaddset(&set, SIGUSR2);
  if (preempt_signal != 0) ::sigaddset(&set, preempt_signal);
  for (const int of_user : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) ::sigdelset(&set, of_user);
  return set;
}

}  // namespace

SignalScope::SignalScope() {
  for (Saved& saved : saved_) {
    ::sigaction(saved.signal, nullptr, &saved.action);
    if (saved.signal == SIGHUP) hangup_is_ignored_ = saved.action.sa_handler == SIG_IGN;
  }
  // SIGXFSZ as well: a log that reaches `ulimit -f` must not end the job.
  set_handler(SIGPIPE, SIG_IGN);
  set_handler(SIGXFSZ, SIG_IGN);
  set_handler(SIGCHLD, SIG_DFL);
}

SignalScope::~SignalScope() {
  for (const Saved& saved : saved_) ::sigaction(saved.signal, &saved.action, nullptr);
}

SignalsHeld::SignalsHeld(int preempt_signal) : held_(signals_for_listeners(preempt_signal)) {
  ::pthread_sigmask(SIG_BLOCK, &held_, &before_);
}

SignalsHeld::~SignalsHeld() {
  // Taken here, or they would end the launcher as soon as the mask is what it was.
  constexpr timespec kNotWaiting{0, 0};
  while (::sigtimedwait(&held_, nullptr, &kNotWaiting) > 0) {
  }
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

SignalsReleased::SignalsReleased(int preempt_signal) {
  const sigset_t set = signals_for_listeners(preempt_signal);
  ::pthread_sigmask(SIG_UNBLOCK, &set, &before_);
}

SignalsReleased::~SignalsReleased() {
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

}  // namespace dplaunch
