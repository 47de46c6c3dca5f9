#include "launcher/process/signal_scope.h"

namespace dplaunch {
namespace {

void set_handler(int signal, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  ::sigaction(signal, &action, nullptr);
}

}  // namespace

SignalScope::SignalScope() {
  for (Saved& saved : saved_) ::sigaction(saved.signal, nullptr, &saved.action);
  hangup_is_ignored_ = saved_[5].action.sa_handler == SIG_IGN;
  set_handler(SIGPIPE, SIG_IGN);
  set_handler(SIGXFSZ, SIG_IGN);
  set_handler(SIGCHLD, SIG_DFL);
}

SignalScope::~SignalScope() {
  for (const Saved& saved : saved_) ::sigaction(saved.signal, &saved.action, nullptr);
}

SignalsBlocked::SignalsBlocked() {
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before_);
}

SignalsBlocked::~SignalsBlocked() {
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

}  // namespace dplaunch
