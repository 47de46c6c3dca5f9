#pragma once

#include <sys/types.h>

#include "base/files/unique_fd.h"

namespace dplaunch {

/// A child in the process group that has the terminal: it hears the Ctrl-C and Ctrl-Z that the
/// terminal sends to that group alone, and passes them on. The destructor ends and reaps it.
class TerminalEar {
 public:
  /// Throws Error(kFailure).
  explicit TerminalEar(pid_t group);
  ~TerminalEar();
  TerminalEar(const TerminalEar&) = delete;
  TerminalEar& operator=(const TerminalEar&) = delete;

  /// Readable when a signal has come. Non-blocking, close-on-exec.
  int fd() const { return heard_.get(); }
  /// SIGINT or SIGTSTP, or 0 if none has come that was not taken.
  int take() const;

 private:
  pid_t child_ = -1;
  UniqueFd heard_;
};

}  // namespace dplaunch
