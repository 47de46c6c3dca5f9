// Fills the templates beside this file from the table of the commands:
//   generate_shell_files TEMPLATE RESULT
// A line of the form @NAME@, or @NAME@ within a line, is replaced by what the parser says.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>

#include "base/error.h"
#include "base/text/words.h"
#include "launcher/command_line/command_line.h"
#include "launcher/command_line/option_values.h"
#include "launcher/commands/commands.h"

namespace dplaunch {
namespace {

using Replacements = std::map<std::string, std::string>;

/// Those with a dash, as --help lists them.
std::vector<const CLI::Option*> options_of(const CLI::App& app) {
  std::vector<const CLI::Option*> options;
  for (const CLI::Option* option : app.get_options()) {
    const bool is_hidden = option->get_group() == kHidden;
    if (!option->get_positional() && !is_hidden) options.push_back(option);
  }
  return options;
}

std::vector<std::string> names_of(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.get_snames()) names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) names.push_back("--" + name);
  return names;
}

bool takes_value(const CLI::Option& option) {
  return option.get_items_expected_max() > 0;
}

/// As in "--resume[=RUN]".
bool may_go_without_value(const CLI::Option& option) {
  return takes_value(option) && option.get_items_expected_min() == 0;
}

bool takes_run(const CLI::App& app) {
  const auto options = app.get_options();
  return std::any_of(options.begin(), options.end(), [](const CLI::Option* option) {
    return option->get_positional() && offered_values(*option) == offer::kRuns;
  });
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size()) {
    text.replace(at, what.size(), by);
  }
  return text;
}

std::string without_last_newline(std::string text) {
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

std::string names_of_options(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : options_of(app)) {
    for (const std::string& name : names_of(*option)) names.push_back(name);
  }
  return joined(names, " ");
}

Replacements for_bash(const Parser& parser) {
  std::vector<std::string> subcommands;
  std::vector<std::string> with_run;
  std::string options;
  std::map<std::string, std::string> values;  // by an option's names: what the shell offers
  const auto add_values = [&values](const CLI::App& app) {
    for (const CLI::Option* option : options_of(app)) {
      // A shell cannot know whether the next word is the value of an option that may go without.
      const bool is_free = may_go_without_value(*option) && offered_values(*option).empty();
      if (!takes_value(*option) || is_free) continue;
      const std::string names = joined(names_of(*option), " | ");
      const auto [entry, is_new] = values.emplace(names, offered_values(*option));
      if (!is_new && entry->second != offered_values(*option)) {
        throw Error(ExitCode::kFailure, names + " takes one thing here, another there");
      }
    }
  };
  for (const auto& [app, action, takes_command] : parser.subcommands) {
    subcommands.push_back(app->get_name());
    if (takes_run(*app)) with_run.push_back(app->get_name());
    options += "    " + app->get_name() + ") echo " + names_of_options(*app) + " ;;\n";
    add_values(*app);
  }
  options += "    *) echo " + names_of_options(*parser.app) + " ;;";
  add_values(*parser.app);
  std::string cases;
  for (const auto& [names, offered] : values) {
    cases += "    " + names + ") echo " + (offered.empty() ? "''" : offered) + " ;;\n";
  }
  return {{"OPTIONS", options},
          {"VALUES", without_last_newline(cases)},
          {"SUBCOMMANDS", joined(subcommands, " ")},
          {"WITH_RUN", joined(with_run, "|")}};
}

/// For _arguments, within single quotes.
std::string zsh_text(const std::string& text) {
  std::string quoted = replaced(text, "'", "'\\''");
  for (const char* special : {"[", "]", ":"})
    quoted = replaced(quoted, special, "\\" + std::string(special));
  return quoted;
}

std::string zsh_action(const std::string& offered) {
  static const std::map<std::string, std::string> kActions = {
      {offer::kAssignments, "_dplaunch_assignment"},
      {offer::kCheckpoints, "_dplaunch_checkpoint"},
      {offer::kConfigs, "_files -g \"*.(yml|yaml)(-.)\""},
      {offer::kDevices, "_dplaunch_device"},
      {offer::kFiles, "_files"},
      {offer::kFolders, "_files -/"},
      {offer::kHosts, "_hosts"},
      {offer::kRuns, "_dplaunch_run"}};
  if (offered.empty()) return " ";
  const auto found = kActions.find(offered);
  return found != kActions.end() ? found->second : "(" + offered + ")";
}

/// One line of _arguments: "'(-c --config)'{-c+,--config=}'[meaning]:FILE:action'".
std::string zsh_option(const CLI::Option& option) {
  const bool ends_all = option.get_name() == "--help" || option.get_name() == "--version" ||
                        option.get_name() == "-h,--help";
  std::vector<std::string> names = names_of(option);
  const std::string excluded = ends_all ? "- *" : joined(names, " ");
  if (takes_value(option)) {
    for (std::string& name : names) name += name.starts_with("--") ? "=" : "+";
  }
  const bool is_repeatable = option.get_multi_option_policy() == CLI::MultiOptionPolicy::TakeAll &&
                             !may_go_without_value(option);
  std::string text = "    '";
  if (ends_all || names.size() > 1) text += "(" + excluded + ")";
  if (names.size() > 1) {
    text += "'{" + joined(names, ",") + "}'";
  } else {
    text += (is_repeatable ? "*" : "") + names.front();
  }
  text += "[" + zsh_text(option.get_description()) + "]";
  if (takes_value(option)) {
    const std::string name = replaced(replaced(option.get_type_name(), "[=", ""), "]", "");
    text += may_go_without_value(option) ? "::" : ":";
    text += zsh_text(name.substr(0, name.find(':'))) + ":" + zsh_action(offered_values(option));
  }
  return text + "'";
}

std::string zsh_function(const std::string& name, const CLI::App& app) {
  std::string text = "_dplaunch_" + name + "() {\n  _arguments -S";
  for (const CLI::Option* option : options_of(app)) text += " \\\n" + zsh_option(*option);
  if (takes_run(app)) text += " \\\n    '1:run:_dplaunch_run'";
  return text + "\n}\n";
}

Replacements for_zsh(const Parser& parser) {
  std::string functions = zsh_function("job", *parser.app);
  std::string subcommands;
  for (const auto& [app, action, takes_command] : parser.subcommands) {
    functions += "\n" + zsh_function(app->get_name(), *app);
    subcommands += "    '" + app->get_name() + ":" + zsh_text(app->get_description()) + "'\n";
  }
  return {{"FUNCTIONS", functions}, {"SUBCOMMANDS", without_last_newline(subcommands)}};
}

std::string fish_text(const std::string& text) {
  return "'" + replaced(replaced(text, "\\", "\\\\"), "'", "\\'") + "'";
}

/// What follows an option that takes a value.
std::string fish_value(const std::string& offered) {
  static const std::map<std::string, std::string> kActions = {
      {offer::kAssignments, " -x -a '(__dplaunch_assignments)'"},
      {offer::kCheckpoints, " -r -F -a '(__dplaunch_runs)'"},
      {offer::kConfigs, " -r -F"},
      {offer::kDevices, " -x -a '(__fish_complete_list , __dplaunch_devices)'"},
      {offer::kFiles, " -r -F"},
      {offer::kFolders, " -x -a '(__fish_complete_directories)'"},
      {offer::kHosts, " -x -a '(__fish_print_hostnames)'"},
      {offer::kRuns, " -x -a '(__dplaunch_runs)'"}};
  if (offered.empty()) return " -x";
  const auto found = kActions.find(offered);
  return found != kActions.end() ? found->second : " -x -a " + fish_text(offered);
}

std::string fish_options(const std::string& subcommand, const CLI::App& app) {
  const std::string complete = "complete -c dplaunch -n '__dplaunch_in " + subcommand + "'";
  std::string lines;
  for (const CLI::Option* option : options_of(app)) {
    lines += complete;
    for (const std::string& name : option->get_snames()) lines += " -s " + name;
    for (const std::string& name : option->get_lnames()) lines += " -l " + name;
    // fish offers nothing for a value that may be left out.
    if (takes_value(*option) && !may_go_without_value(*option)) {
      lines += fish_value(offered_values(*option));
    }
    lines += " -d " + fish_text(option->get_description()) + "\n";
  }
  if (takes_run(app)) lines += complete + " -a '(__dplaunch_runs)'\n";
  return lines;
}

Replacements for_fish(const Parser& parser) {
  std::vector<std::string> names;
  std::string lines = fish_options("job", *parser.app);
  for (const auto& [app, action, takes_command] : parser.subcommands) {
    const std::string name = app->get_name();
    names.push_back(name);
    lines += "complete -c dplaunch -n __dplaunch_first -a " + name + " -d " +
             fish_text(app->get_description()) + "\n" + fish_options(name, *app);
  }
  return {{"OPTIONS", without_last_newline(lines)}, {"SUBCOMMANDS", joined(names, " ")}};
}

/// A sentence for the page: a dash is a minus, not a hyphen that a search for "--" misses.
std::string man_text(const std::string& text) {
  std::string escaped = replaced(replaced(text, "\\", "\\e"), "-", "\\-");
  if (escaped.starts_with('.') || escaped.starts_with('\'')) escaped.insert(0, "\\&");
  return escaped;
}

/// Lines of at most 100 characters: a page's source is read too.
std::string man_lines(const std::string& text) {
  constexpr std::size_t kWidth = 100;
  std::istringstream words(man_text(text));
  std::string lines;
  std::string line;
  for (std::string word; words >> word;) {
    if (!line.empty() && line.size() + 1 + word.size() > kWidth) {
      lines += line + "\n";
      line.clear();
    }
    const bool is_control = line.empty() && (word.starts_with('.') || word.starts_with('\''));
    line += (line.empty() ? (is_control ? "\\&" : "") : " ") + word;
  }
  return lines + line + "\n";
}

std::string sentence(std::string text) {
  if (text.empty()) return text;
  text.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(text.front())));
  return text + (text.ends_with('.') ? "" : ".");
}

std::string man_option(const CLI::Option& option) {
  std::string names;
  for (const std::string& name : names_of(option)) {
    names += (names.empty() ? "" : ", ") + ("\\fB" + man_text(name) + "\\fR");
  }
  std::string value;
  if (takes_value(option)) {
    value = option.get_option_text();
    value = " \\fI" + man_text(value) + "\\fR";
  }
  return ".TP\n" + names + value + "\n" + man_lines(option.get_description());
}

std::string man_options(const CLI::App& app) {
  std::string text;
  for (const std::string& group : app.get_groups()) {
    if (group == kHidden) continue;
    const auto in_group = [&group](const CLI::Option* option) {
      return option->get_group() == group && !option->get_positional();
    };
    const auto options = app.get_options(in_group);
    if (options.empty()) continue;
    if (app.get_parent() == nullptr) text += ".SS " + group + "\n";
    for (const CLI::Option* option : options) text += man_option(*option);
  }
  return text;
}

Replacements for_man(const Parser& parser, const CommandTable& table) {
  std::string text;
  for (std::size_t i = 0; i < table.subcommands.size(); ++i) {
    const Command& command = table.subcommands[i];
    const CLI::App& app = *parser.subcommands[i].app;
    text += std::string(".SS ") + command.name + "\n" + man_lines(sentence(command.description));
    if (*command.details != '\0') text += man_lines(command.details);
    if (takes_run(app)) {
      text += man_lines(
          "Its one argument, the run, is a name below the folder of all runs, or a path; without "
          "it the run that was started last is meant.");
    }
    text += man_options(app);
  }
  return {{"OPTIONS", without_last_newline(man_options(*parser.app))},
          {"SUBCOMMANDS", without_last_newline(text)},
          {"VERSION", DPLAUNCH_VERSION}};
}

std::string filled(const std::string& text, const Replacements& replacements) {
  std::string result = text;
  for (const auto& [name, value] : replacements) {
    const std::string mark = "@" + name + "@";
    if (result.find(mark) == std::string::npos) {
      throw Error(ExitCode::kFailure, "the template has no " + mark);
    }
    result = replaced(result, mark, value);
  }
  return result;
}

void generate(const std::string& from, const std::string& to) {
  std::ifstream file(from);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) throw Error(ExitCode::kStorage, from + ": cannot be read");
  const CommandTable table = commands();
  const Parser parser = make_parser(table, {}, [](const std::string&) { return true; });
  const Replacements replacements = from.ends_with(".bash.in")   ? for_bash(parser)
                                    : from.ends_with(".fish.in") ? for_fish(parser)
                                    : from.ends_with(".1.in")    ? for_man(parser, table)
                                                                 : for_zsh(parser);
  std::ofstream result(to);
  if (!(result << filled(text.str(), replacements) << std::flush)) {
    throw Error(ExitCode::kStorage, to + ": cannot be written");
  }
}

}  // namespace
}  // namespace dplaunch

int main(int argc, char** argv) {
  try {
    if (argc != 3) throw dplaunch::Error(dplaunch::ExitCode::kUsage, "TEMPLATE RESULT");
    dplaunch::generate(argv[1], argv[2]);
    return 0;
  } catch (const dplaunch::Error& error) {
    return dplaunch::report(error, "generate_shell_files");
  }
}
