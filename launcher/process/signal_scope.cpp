#include "launcher/process/signal_scope.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <ctime>
#include <initializer_list>

namespace dplaunch {
namespace {

void set_handler(int signal, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  ::sigaction(signal, &action, nullptr);
}

// All that a signal handler can reach.
std::atomic<int> code_to_end_with{0};
static_assert(std::atomic<int>::is_always_lock_free);

void leave(int) {
  ::_exit(code_to_end_with.load(std::memory_order_relaxed));
}

bool is_to_end_programs(int signal) {
  return signal == SIGINT || signal == SIGTERM || signal == SIGHUP || signal == SIGQUIT;
}

bool stays_ignored(int signal) {
  return is_to_end_programs(signal) && signal != SIGTERM;
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
    const bool is_ignored = saved.action.sa_handler == SIG_IGN;
    if (is_ignored && stays_ignored(saved.signal)) ignored_.push_back(saved.signal);
  }
  // SIGXFSZ as well: a log that reaches `ulimit -f` must not end the job.
  set_handler(SIGPIPE, SIG_IGN);
  set_handler(SIGXFSZ, SIG_IGN);
  set_handler(SIGCHLD, SIG_DFL);
}

SignalScope::~SignalScope() {
  for (const Saved& saved : saved_) {
    const bool is_kept = is_settled_ && is_to_end_programs(saved.signal) && !ignores(saved.signal);
    if (!is_kept) ::sigaction(saved.signal, &saved.action, nullptr);
  }
}

void SignalScope::end_with(int exit_code) {
  is_settled_ = true;
  code_to_end_with.store(exit_code, std::memory_order_relaxed);
  for (const Saved& saved : saved_) {
    if (is_to_end_programs(saved.signal) && !ignores(saved.signal)) {
      set_handler(saved.signal, leave);
    }
  }
}

bool SignalScope::ignores(int signal) const {
  return std::find(ignored_.begin(), ignored_.end(), signal) != ignored_.end();
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
