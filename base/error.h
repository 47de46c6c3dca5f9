#pragma once

#include <iosfwd>
#include <stdexcept>
#include <string>
#include <utility>

#include "base/exit_code.h"

namespace dplaunch {

/// The one exception of dplaunch that reaches a user. `what()` is the message: where (file:line, or
/// the file), what is wrong, and the offending value. `hint()` says what to do next and may be
/// empty.
class Error : public std::runtime_error {
 public:
  Error(ExitCode code, const std::string& message, std::string hint = {})
      : std::runtime_error(message), code_(code), hint_(std::move(hint)) {}

  ExitCode code() const { return code_; }
  const std::string& hint() const { return hint_; }

 private:
  ExitCode code_;
  std::string hint_;
};

/// An error of the operating system: "<action>: <strerror(error_number)>".
Error system_error(ExitCode code, const std::string& action, int error_number,
                   std::string hint = {});

/// Prints "dplaunch: error: <what>" and, where there is one, "  hint: <hint>" to standard error in
/// one write, and returns the exit code.
int report(const Error& error, const char* program);

/// Flushes `out`, which is standard output: what was asked for has to arrive; a job's output, in
/// contrast, is in its logs as well. Returns 0, or throws Error(kStorage).
int check_shown(std::ostream& out);

}  // namespace dplaunch
