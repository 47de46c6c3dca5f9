#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/files/json_fields.h"

namespace dplaunch {

/// How much of a text a page shows.
inline constexpr std::size_t kMaxTextBytes = 300;

/// Text of others as content of an element or value of an attribute in double quotes: printable()
/// on one line, cut to `max_bytes` (with "..."), and escaped.
std::string page_text(std::string_view text, std::size_t max_bytes = kMaxTextBytes);
/// The same of several lines, which stay lines.
std::string page_lines(std::string_view text, std::size_t max_bytes);

/// UTF-8 cut to `max_bytes`, with "..." where something was cut, and never within a character.
std::string shortened_to_bytes(std::string text, std::size_t max_bytes);

/// JSON as the content of a script element: ASCII alone, without "<", ">" and "&". What is no
/// finite number is null.
std::string script_json(const Json& json);

/// A coordinate: two decimals at most.
std::string coordinate(double value);
/// A value for a reader: six digits; "-" for what is no number.
std::string value_text(double value);

}  // namespace dplaunch
