#pragma once

#include <signal.h>

#include <vector>

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

  /// Those of SIGHUP, SIGINT and SIGQUIT that were ignored at the start, as nohup and a script's
  /// `&` do: they stay so, for the workers as well. SIGTERM always ends a job.
  const std::vector<int>& ignored() const { return ignored_; }
  bool ignores(int signal) const;

  /// From here on, and after this object, those of SIGINT, SIGTERM, SIGHUP and SIGQUIT that are not
  /// ignored end this process with `exit_code`: the job's end is settled and written down.
  void end_with(int exit_code);

 private:
  struct Saved {
    int signal;
    struct sigaction action;
  };
  Saved saved_[7] = {{SIGPIPE, {}}, {SIGXFSZ, {}}, {SIGCHLD, {}}, {SIGINT, {}},
                     {SIGTERM, {}}, {SIGHUP, {}},  {SIGQUIT, {}}};
  std::vector<int> ignored_;
  bool is_settled_ = false;
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
