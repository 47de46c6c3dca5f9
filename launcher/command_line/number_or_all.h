#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "base/text/parse_number.h"

namespace dplaunch {

/// What an option says: a whole number that is not negative, or nullopt for `all`. Throws
/// CLI::ValidationError.
template <typename Number>
std::optional<Number> number_or_all(const std::string& text, const char* option) {
  if (text == "all") return {};
  const std::optional<Number> number = parse_number<Number>(text);
  if (number && *number >= 0) return number;
  throw CLI::ValidationError(option, "\"" + text + "\" is neither a whole number nor \"all\"");
}

}  // namespace dplaunch
