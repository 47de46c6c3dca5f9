#include "base/error.h"

#include <fmt/core.h>

#include <cerrno>
#include <cstring>
#include <iostream>
#include <utility>

#include "base/process/shortage.h"
#include "base/process/signal_name.h"
#include "base/text/printable.h"

namespace dplaunch {

Error system_error(ExitCode code, const std::string& action, int error_number, std::string hint) {
  // EAGAIN has many meanings: who knows that it is a shortage says so.
  if (hint.empty() && error_number != EAGAIN) hint = shortage_hint(error_number);
  return Error(code, fmt::format("{}: {}", action, std::strerror(error_number)), std::move(hint));
}

int report(const Error& error, const char* program) {
  // What a user has asked for is none.
  const char* const kind = is_end_by_user(to_int(error.code())) ? "" : "error: ";
  std::string text = fmt::format("{}: {}{}\n", program, kind, printable_lines(error.what()));
  if (!error.hint().empty()) text += fmt::format("  hint: {}\n", printable_lines(error.hint()));
  // In one piece: the ranks of a job write to the same terminal.
  std::cerr << text << std::flush;
  return to_int(error.code());
}

int check_shown(std::ostream& out) {
  if (out.flush()) return to_int(ExitCode::kSuccess);
  throw Error(ExitCode::kStorage, "cannot write to standard output", "is the disk full?");
}

}  // namespace dplaunch
