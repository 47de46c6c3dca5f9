#include "base/error.h"

#include <cstring>
#include <iostream>
#include <utility>

namespace dplaunch {

Error system_error(ExitCode code, const std::string& action, int error_number, std::string hint) {
  return Error(code, action + ": " + std::strerror(error_number), std::move(hint));
}

int report(const Error& error, const char* program) {
  std::string text = std::string(program) + ": error: " + error.what() + "\n";
  if (!error.hint().empty()) text += "  hint: " + error.hint() + "\n";
  std::cerr << text << std::flush;
  return to_int(error.code());
}

}  // namespace dplaunch
