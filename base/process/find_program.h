#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace dplaunch {

/// A regular file that this process may execute.
bool is_executable(const std::filesystem::path& path);

/// The path of the program that a shell would run for `name`: itself if it has a slash, else the
/// first executable of that name in `search_path` (the value of PATH). Throws Error(kNotFound), or
/// Error(kNotExecutable) for a file that cannot be run, with what to write instead.
std::string find_program(const std::string& name, const std::optional<std::string>& search_path);

}  // namespace dplaunch
