#pragma once

#include <string>
#include <variant>
#include <vector>

#include "launcher/command_line/subcommands.h"
#include "launcher/commands/job/launch_options.h"

namespace dplaunch {

/// --help, --version.
struct ShowText {
  std::string text;
};

/// What the user asked for.
struct CommandLine {
  std::vector<std::string> words;  ///< as given, with the program's name
  std::variant<ShowText, LaunchOptions, SubcommandRequest> request;
};

/// Throws Error(kUsage) for what cannot be understood, with the option that was probably meant.
CommandLine parse_command_line(int argc, const char* const* argv);

}  // namespace dplaunch
