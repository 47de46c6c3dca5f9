#pragma once

#include <string>
#include <vector>

namespace dplaunch {

/// The path of the program that the words behind "--" begin with, as find_program(). Where there is
/// no such program, the error's hint says what a shell would have made of the words: one word of
/// several, a variable before the program, a word of the shell's own. Throws Error.
std::string find_command(const std::vector<std::string>& words);

}  // namespace dplaunch
