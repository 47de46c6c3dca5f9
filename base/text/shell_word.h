#pragma once

#include <string>
#include <vector>

namespace dplaunch {

/// The text as one word of a shell command that can be pasted: quoted only where it must be,
/// and fit for a terminal but for its line feeds and tabs.
std::string shell_word(const std::string& text);

/// The same for a whole command.
std::string shell_words(const std::vector<std::string>& words);

}  // namespace dplaunch
