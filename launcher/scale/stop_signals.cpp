#include "launcher/scale/stop_signals.h"

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

bool StopSignals::have_come() {
  constexpr timespec kNotWaiting{};
  const int signal = ::sigtimedwait(&held_, nullptr, &kNotWaiting);
  if (signal > 0 && !come_) come_ = signal;
  return come_.has_value();
}

void StopSignals::check() {
  if (!have_come()) return;
  refuse_to_go_on(*come_ == SIGINT ? ExitCode::kInterrupted : ExitCode::kTerminated);
}

void refuse_to_go_on(ExitCode how_ended) {
  const std::string hint = "the same command goes on where it stopped";
  if (how_ended == ExitCode::kInterrupted) throw Error(how_ended, "interrupted", hint);
  if (how_ended == ExitCode::kTerminated) throw Error(how_ended, "terminated", hint);
}

}  // namespace dplaunch
