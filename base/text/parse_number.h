#pragma once

#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

namespace dplaunch {

/// The number that the whole text is ("12", "-3"; for a floating-point type "0.1", "1e-3");
/// nullopt for anything else: an empty text, a space or letters around it, a number that does not
/// fit. Independent of the locale.
template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end) return std::nullopt;
  return number;
}

}  // namespace dplaunch
