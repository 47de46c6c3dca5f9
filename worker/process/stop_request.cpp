#include "worker/process/stop_request.h"

#include <signal.h>

#include <atomic>

namespace dplaunch {
namespace {

// All that a signal handler can reach.
std::atomic<int> asked_by{0};
std::atomic<int> preempted_by{0};  ///< the preempt signal
static_assert(std::atomic<int>::is_always_lock_free);

void on_stop_signal(int signal) {
  int nobody = 0;
  asked_by.compare_exchange_strong(nobody, signal, std::memory_order_relaxed);
}

bool is_of_user(int signal) {
  return signal == SIGTERM || signal == SIGHUP || signal == SIGINT;
}

void unblock(int signal) {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, signal);
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

}  // namespace

StopRequest::StopRequest(int preempt_signal) {
  preempted_by.store(preempt_signal, std::memory_order_relaxed);
  struct sigaction hangup {};
  ::sigaction(SIGHUP, nullptr, &hangup);
  is_hangup_ignored_ = hangup.sa_handler == SIG_IGN;
  struct sigaction action {};
  action.sa_handler = on_stop_signal;
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGTERM, &action, nullptr);
  if (!is_hangup_ignored_) ::sigaction(SIGHUP, &action, nullptr);
  if (preempt_signal != 0) ::sigaction(preempt_signal, &action, nullptr);
  action.sa_flags |= static_cast<int>(SA_RESETHAND);  // the second one has its usual effect
  ::sigaction(SIGINT, &action, nullptr);
  if (preempt_signal != 0) unblock(preempt_signal);
}

StopRequest::~StopRequest() {
  ::signal(SIGTERM, SIG_DFL);
  if (!is_hangup_ignored_) ::signal(SIGHUP, SIG_DFL);
  ::signal(SIGINT, SIG_DFL);
  const int preempt_signal = preempted_by.load(std::memory_order_relaxed);
  if (preempt_signal != 0 && !is_of_user(preempt_signal)) ::signal(preempt_signal, SIG_IGN);
}

int StopRequest::signal() {
  return asked_by.load(std::memory_order_relaxed);
}

bool StopRequest::is_preemption() {
  return signal() != 0 && signal() == preempted_by.load(std::memory_order_relaxed);
}

}  // namespace dplaunch
