#pragma once

#include <string>

namespace dplaunch {

/// The text as one word of a shell command that can be pasted: quoted only where it must be.
std::string shell_word(const std::string& text);

}  // namespace dplaunch
