#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace dplaunch {

/// Throws the Error(kUsage) for words that `app` could not place, with what was probably meant: an
/// option, a subcommand, a key of the configuration, or another launcher's option.
[[noreturn]] void refuse_extras(const CLI::App& app);

}  // namespace dplaunch
