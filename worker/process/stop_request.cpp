#include "worker/process/stop_request.h"

#include <signal.h>

#include <atomic>

namespace dplaunch {
namespace {

// All that a signal handler can reach.
std::atomic<int> asked_by{0};
static_assert(std::atomic<int>::is_always_lock_free);

void on_stop_signal(int signal) {
  asked_by.store(signal, std::memory_order_relaxed);
}

}  // namespace

StopRequest::StopRequest() {
  struct sigaction hangup {};
  ::sigaction(SIGHUP, nullptr, &hangup);
  is_hangup_ignored_ = hangup.sa_handler == SIG_IGN;
  struct sigaction action {};
  action.sa_handler = on_stop_signal;
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGTERM, &action, nullptr);
  if (!is_hangup_ignored_) ::sigaction(SIGHUP, &action, nullptr);
  action.sa_flags |= static_cast<int>(SA_RESETHAND);  // the second one has its usual effect
  ::sigaction(SIGINT, &action, nullptr);
}

StopRequest::~StopRequest() {
  ::signal(SIGTERM, SIG_DFL);
  if (!is_hangup_ignored_) ::signal(SIGHUP, SIG_DFL);
  ::signal(SIGINT, SIG_DFL);
}

int StopRequest::signal() {
  return asked_by.load(std::memory_order_relaxed);
}

}  // namespace dplaunch
