#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace dplaunch {

/// Throws the Error(kUsage) for words that `app` could not place, with what was probably meant: an
/// option, a subcommand, a key of the configuration, another launcher's options. `words` are all
/// that it was given, and `command` is what stands behind "--".
[[noreturn]] void refuse_extras(const CLI::App& app, const std::vector<std::string>& words,
                                const std::vector<std::string>& command);

}  // namespace dplaunch
