#pragma once

#include <signal.h>

namespace dplaunch {

/// How signals are treated while a job runs; the destructor restores what was before.
/// SIGPIPE and SIGXFSZ are ignored (a closed terminal or a full disk is an error of write(), not
/// the end of the job); SIGCHLD is at its default, so that children can be waited for.
class SignalScope {
 public:
  SignalScope();
  ~SignalScope();
  SignalScope(const SignalScope&) = delete;
  SignalScope& operator=(const SignalScope&) = delete;

  /// SIGHUP was ignored at the start, as nohup does: it stays so, for the workers as well.
  bool hangup_is_ignored() const { return hangup_is_ignored_; }

 private:
  struct Saved {
    int signal;
    struct sigaction action;
  };
  Saved saved_[6] = {{SIGPIPE, {}}, {SIGXFSZ, {}}, {SIGCHLD, {}},
                     {SIGINT, {}},  {SIGTERM, {}}, {SIGHUP, {}}};
  bool hangup_is_ignored_ = false;
};

/// Keeps SIGUSR1, SIGUSR2 and the preempt signal pending for as long as it lives: they are for
/// whoever listens, and must not end the launcher when nobody does. Those by which a user ends
/// programs are not kept. Still pending at the end, they are forgotten.
class SignalsHeld {
 public:
  explicit SignalsHeld(int preempt_signal);
  ~SignalsHeld();
  SignalsHeld(const SignalsHeld&) = delete;
  SignalsHeld& operator=(const SignalsHeld&) = delete;

 private:
  sigset_t held_{};
  sigset_t before_{};
};

/// Lets through what SignalsHeld keeps, for as long as it lives: somebody listens.
class SignalsReleased {
 public:
  explicit SignalsReleased(int preempt_signal);
  ~SignalsReleased();
  SignalsReleased(const SignalsReleased&) = delete;
  SignalsReleased& operator=(const SignalsReleased&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace dplaunch
