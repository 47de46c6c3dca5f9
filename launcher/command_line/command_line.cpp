#include "launcher/command_line/command_line.h"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstddef>
#include <iostream>
#include <memory>
#include <utility>

#include "base/error.h"
#include "base/text/parse_number.h"
#include "base/text/shell_word.h"
#include "launcher/command_line/suggest.h"
#include "launcher/command_line/translate.h"

namespace dplaunch {
namespace {

constexpr char kDescription[] =
    "dplaunch starts one process per GPU (or on the CPU), watches over them, and trains CIFAR-100.";
constexpr char kExamples[] =
    "Examples:\n"
    "  dplaunch --device all -c configs/config_multi_gpu.yml    one process per GPU\n"
    "  dplaunch --device cpu:2 -c configs/config_cpu.yml        two processes on the CPU\n"
    "  dplaunch --device 0,1 -- python train.py --lr 0.1        a script written for torchrun\n"
    "  dplaunch --device 0,1 -c configs/config.yml --dry-run    what would be started\n"
    "  dplaunch --device all --resume=NAME                      go on after an interruption\n"
    "\n"
    "docs/README.md names the pages: first steps, tasks, troubleshooting, exit codes.";

/// CLI11's help with a plainer first line and nothing between the groups.
class HelpFormatter : public CLI::Formatter {
 public:
  HelpFormatter() { column_width(28); }

  std::string make_usage(const CLI::App* app, std::string name) const override {
    if (app->get_parent() != nullptr) {
      std::string usage = fmt::format("\nUsage: {} [options]", name);
      for (const CLI::Option* option : app->get_options()) {
        if (!option->get_positional()) continue;
        usage += fmt::format(" [{}]", option->get_name(/*positional=*/true));
      }
      return usage + "\n\n";
    }
    return "\nUsage: dplaunch [options]                   train CIFAR-100\n"
           "       dplaunch [options] -- COMMAND...     run any command, once per device\n"
           "       dplaunch SUBCOMMAND [options]\n\n";
  }

  std::string make_group(std::string group, bool is_positional,
                         std::vector<const CLI::Option*> options) const override {
    std::string text = group + ":\n";
    for (const CLI::Option* option : options) text += make_option(option, is_positional);
    return text;
  }
};

/// A bare "dplaunch" is somebody who looks what it does, not the wish to train for hours.
void refuse_nothing(const std::vector<std::string>& words) {
  if (words.size() > 1) return;
  throw Error(ExitCode::kUsage, "nothing to do: name a device, a configuration or a command",
              "for example dplaunch --device auto -c configs/config.yml; dplaunch --help lists the "
              "options");
}

/// "dplaunch --root X data" would quietly put the data somewhere else.
void refuse_options_before(const CLI::App& command, const CLI::App& app) {
  for (const CLI::Option* option : app.get_options()) {
    if (option->count() == 0) continue;
    const std::string& name = command.get_name();
    throw Error(ExitCode::kUsage,
                fmt::format("--{} stands before \"{}\", where it has no effect",
                            option->get_lnames().front(), name),
                fmt::format("write the options of {0} behind it: dplaunch {0} ...", name));
  }
}

/// "dplaunch status -- foo" would show another run than foo.
void refuse_command_behind(const CLI::App& command, const std::vector<std::string>& words) {
  if (words.empty()) return;
  const std::string& name = command.get_name();
  throw Error(ExitCode::kUsage, fmt::format("{} takes no command behind \"--\"", name),
              fmt::format("without the \"--\": dplaunch {} {}", name, shell_words(words)));
}

/// "--grace 5s" -> "--grace takes seconds: --grace 5".
std::string seconds_hint(const CLI::App& app, const std::vector<std::string>& words) {
  constexpr std::array kUnits = {std::pair("ms", 0.001), std::pair("s", 1.0), std::pair("m", 60.0),
                                 std::pair("min", 60.0), std::pair("h", 3600.0)};
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::size_t equals = words[i].find('=');
    const std::string name = with_dashes(words[i].substr(0, equals));
    const CLI::Option* option = app.get_option_no_throw(name);
    if (option == nullptr || option->get_type_name() != "SECONDS") continue;
    const bool is_apart = equals == std::string::npos;
    if (is_apart && i + 1 == words.size()) continue;
    const std::string value = is_apart ? words[i + 1] : words[i].substr(equals + 1);
    const std::size_t digits = value.find_first_not_of("0123456789.");
    const auto number = parse_number<double>(value.substr(0, digits));
    if (!number || digits == std::string::npos) continue;
    for (const auto& [unit, seconds] : kUnits) {
      if (value.substr(digits) != unit) continue;
      return fmt::format("{0} takes seconds: {0} {1:g}", name, *number * seconds);
    }
  }
  return {};
}

/// Of the subcommand that was named, or else of dplaunch itself.
std::string see_help(const CLI::App& app) {
  const std::vector<CLI::App*> named = app.get_subcommands();
  return fmt::format("dplaunch {}--help lists the options",
                     named.empty() ? "" : named.front()->get_name() + " ");
}

/// The user's command, taken off the words that are dplaunch's own.
std::vector<std::string> take_command(std::vector<std::string>& words) {
  const auto dashes = std::find(words.begin(), words.end(), "--");
  if (dashes == words.end()) return {};
  std::vector<std::string> command(dashes + 1, words.end());
  words.erase(dashes, words.end());
  if (command.empty() || command.front().empty()) {
    throw Error(ExitCode::kUsage, "no command behind \"--\"",
                "for example dplaunch --device 0,1 -- python train.py");
  }
  return command;
}

/// CLI11 wants them in reverse, without the program's name.
std::vector<std::string> for_parser(std::vector<std::string> words) {
  std::reverse(words.begin(), words.end());
  words.pop_back();
  return words;
}

/// Not printed at once: parsing has no effects, and main() handles a full disk in one place.
Action show(std::string text) {
  return [text = std::move(text)] {
    std::cout << text;
    return check_shown(std::cout);
  };
}

}  // namespace

Parser make_parser(const CommandTable& table, const JobWords& words,
                   const std::function<bool(const std::string&)>& wants) {
  Parser parser;
  parser.app = std::make_shared<CLI::App>(kDescription, "dplaunch");
  parser.app->footer(kExamples);
  parser.app->formatter(std::make_shared<HelpFormatter>());
  parser.job = table.declare_job(*parser.app, words);
  for (const Command& command : table.subcommands) {
    CLI::App* app = parser.app->add_subcommand(command.name, command.description);
    app->set_help_flag("-h,--help", "print this help");
    app->footer(std::string("Example:\n  ") + command.example);
    // Declaring options takes time, of which every start has its share.
    if (!wants(command.name)) continue;
    const bool takes_command = command.declare_with_command != nullptr;
    if (takes_command) {
      app->footer(fmt::format("{}\n  dplaunch {} [options] -- python train.py", app->get_footer(),
                              command.name));
    }
    parser.subcommands.push_back(
        {app, takes_command ? command.declare_with_command(*app, words) : command.declare(*app),
         takes_command});
  }
  return parser;
}

Action parse_command_line(int argc, const char* const* argv, const CommandTable& table) {
  JobWords job;
  job.all.assign(argv, argv + argc);
  refuse_nothing(job.all);
  std::vector<std::string> words = job.all;
  job.command = take_command(words);
  const std::vector<std::string> own(words.begin() + 1, words.end());
  std::transform(words.begin(), words.end(), words.begin(), with_dashes);

  const auto parser =
      std::make_shared<Parser>(make_parser(table, job, [&words](const std::string& name) {
        return std::find(words.begin(), words.end(), name) != words.end();
      }));
  const CLI::App& app = *parser->app;
  try {
    parser->app->parse(for_parser(std::move(words)));
  } catch (const CLI::CallForHelp&) {
    return show(app.help());
  } catch (const CLI::CallForVersion& version) {
    return show(std::string(version.what()) + "\n");
  } catch (const CLI::ExtrasError&) {
    refuse_extras(app, own, job.command);
  } catch (const CLI::ParseError& error) {
    const std::string seconds = seconds_hint(app, own);
    throw Error(ExitCode::kUsage, error.what(), seconds.empty() ? see_help(app) : seconds);
  }
  for (const Parser::Subcommand& subcommand : parser->subcommands) {
    if (!subcommand.app->parsed()) continue;
    refuse_options_before(*subcommand.app, app);
    if (!subcommand.takes_command) refuse_command_behind(*subcommand.app, job.command);
    // The action refers to values that the parser owns.
    return [parser, act = subcommand.action] { return act(); };
  }
  return [parser] { return parser->job(); };
}

}  // namespace dplaunch
