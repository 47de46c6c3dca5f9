#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace dplaunch {

/// What was asked for, ready to be done: returns the exit code, throws Error.
using Action = std::function<int()>;

/// The words of a command line.
struct JobWords {
  std::vector<std::string> all;      ///< as given, with the program's name: for the record
  std::vector<std::string> command;  ///< behind "--"; empty: dplaunch's own trainer
};

/// A subcommand: a row of the table in launcher/commands/commands.cpp. The parser, --help, the
/// completion of shells and the man page all come from these rows.
struct Command {
  const char* name;
  const char* description;  ///< a line, for --help and the man page
  const char* details;      ///< more for the man page; may be empty
  const char* example;
  /// Declares the options on `app` and returns what does the command with the values that they
  /// have once `app` has parsed them. `app` outlives the action.
  Action (*declare)(CLI::App& app);
  /// The same of one that takes a command behind "--", in place of `declare`.
  Action (*declare_with_command)(CLI::App& app, const JobWords& words) = nullptr;
};

/// All that dplaunch can be asked for.
struct CommandTable {
  /// The main command: trains, or runs the user's own command. As Command::declare.
  Action (*declare_job)(CLI::App& app, const JobWords& words);
  std::span<const Command> subcommands;
};

}  // namespace dplaunch
