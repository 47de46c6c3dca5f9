#pragma once

#include <string_view>

namespace dplaunch {

/// The style of a page: its colours are variables, which differ between the reader's light and dark
/// theme, and print is light. Each text has a contrast of at least 4.5 to what lies behind it, each
/// line and area one of at least 3.
std::string_view style_sheet();

}  // namespace dplaunch
