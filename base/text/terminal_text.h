#pragma once

#include <string>
#include <string_view>

namespace dplaunch {

/// Columns that a terminal needs for the text, which is UTF-8: two for a wide East Asian character
/// or an emoji, none for a combining mark or an escape sequence "ESC [ ... letter", one for all
/// else, bytes that are no UTF-8 included.
int columns_of(std::string_view text);

/// The longest beginning of `text` that needs at most `columns`. Escape sequences behind it are
/// kept, so that a colour is always ended.
std::string cut_to(std::string_view text, int columns);

/// The text, or its beginning and "..." so that it needs at most `columns`, which is at least 3.
std::string shortened(std::string_view text, int columns);

/// What a terminal would show of a line on which each '\r' begins anew: the newest state of a
/// progress bar. Those at the end do not count.
std::string_view newest_state(std::string_view line);

}  // namespace dplaunch
