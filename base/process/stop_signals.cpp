#include "base/process/stop_signals.h"

#include <ctime>

namespace dplaunch {

StopSignals::StopSignals() {
  ::sigemptyset(&held_);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction action {};
    ::sigaction(signal, nullptr, &action);
    if (action.sa_handler != SIG_IGN) ::sigaddset(&held_, signal);
  }
  ::pthread_sigmask(SIG_BLOCK, &held_, &before_);
}

StopSignals::~StopSignals() {
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

std::optional<int> StopSignals::come() {
  constexpr timespec kNotWaiting{};
  const int signal = ::sigtimedwait(&held_, nullptr, &kNotWaiting);
  if (signal > 0 && !come_) come_ = signal;
  return come_;
}

}  // namespace dplaunch
