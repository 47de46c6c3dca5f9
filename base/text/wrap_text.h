#pragma once

#include <cstddef>
#include <string>

namespace dplaunch {

/// The text as lines of at most `width` bytes, each with a newline, broken at spaces, and within a
/// word only where it is longer than a line (never within a character of UTF-8). Lines after the
/// first begin with `indent` spaces more than the first does. `width` is at least 8 more than both.
std::string wrapped(const std::string& text, std::size_t width, std::size_t indent);

}  // namespace dplaunch
