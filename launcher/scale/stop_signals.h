#pragma once

#include <signal.h>

#include <optional>

#include "base/error.h"

namespace dplaunch {

/// Keeps SIGINT, SIGTERM and SIGHUP, as far as they are not ignored, from ending this process for
/// as long as it lives: what was measured is written down first. Programs that are started
/// meanwhile have them as ever (run_program()). For one thread.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  /// Whether one has come.
  bool have_come();
  /// Throws Error(kInterrupted) or Error(kTerminated) if one has come.
  void check();

 private:
  sigset_t held_{};
  sigset_t before_{};
  std::optional<int> come_;
};

/// As check(), for a job that ended by itself by such a signal.
void refuse_to_go_on(ExitCode how_ended);

}  // namespace dplaunch
