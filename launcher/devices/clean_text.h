#pragma once

#include <string>
#include <string_view>

namespace dplaunch {

/// Text of others (a command line, a variable) made fit for one line of a terminal: each control
/// character, each mark that turns the direction of writing, and each byte that is no UTF-8 becomes
/// "?". The result is valid UTF-8.
std::string clean_text(std::string_view text);

/// The text, or its first characters and "..." so that it is at most `width` characters. Counts
/// code points of valid UTF-8; `width` is at least 3.
std::string shortened(const std::string& text, std::size_t width);

}  // namespace dplaunch
