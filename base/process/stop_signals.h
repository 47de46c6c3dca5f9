#pragma once

#include <signal.h>

#include <optional>

namespace dplaunch {

/// Keeps SIGINT, SIGTERM and SIGHUP, as far as they are not ignored, from ending this process for
/// as long as it lives: what was measured is written down first, a terminal is left as it was.
/// Programs that are started meanwhile have them as ever (run_program()). For one thread.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  /// The first one that has come.
  std::optional<int> come();

 private:
  sigset_t held_{};
  sigset_t before_{};
  std::optional<int> come_;
};

}  // namespace dplaunch
