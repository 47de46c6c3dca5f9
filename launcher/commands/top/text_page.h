#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "launcher/view/terminal.h"

namespace dplaunch {

/// The last lines of a file that fit into the size, fit for a terminal. A file that is not there
/// has none; why one cannot be read is a line.
std::vector<std::string> last_lines(const std::filesystem::path& file, TerminalSize size);

/// The first lines of a text that fit.
std::vector<std::string> first_lines(std::string_view text, TerminalSize size);

}  // namespace dplaunch
