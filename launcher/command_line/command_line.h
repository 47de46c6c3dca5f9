#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "launcher/command_line/command.h"

namespace dplaunch {

/// The parser of all commands, and what each one does.
struct Parser {
  std::shared_ptr<CLI::App> app;
  Action job;
  struct Subcommand {
    CLI::App* app = nullptr;
    Action action;
    bool takes_command = false;  ///< behind "--"
  };
  std::vector<Subcommand> subcommands;
};

/// Of the subcommands that are not wanted only the name and the description are declared.
Parser make_parser(const CommandTable& table, const JobWords& words,
                   const std::function<bool(const std::string& name)>& wants);

/// What the command line asks for; --help and --version are actions too. Throws Error(kUsage) for
/// what cannot be understood, with the option that was probably meant.
Action parse_command_line(int argc, const char* const* argv, const CommandTable& table);

}  // namespace dplaunch
