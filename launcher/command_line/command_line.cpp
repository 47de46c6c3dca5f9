#include "launcher/command_line/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <utility>

#include "base/error.h"
#include "launcher/command_line/help_formatter.h"
#include "launcher/command_line/suggest.h"

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
    "docs/usage.md explains devices, runs and troubleshooting, docs/exit-codes.md the exit codes.";

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
                "--" + option->get_lnames().front() + " stands before \"" + name +
                    "\", where it has no effect",
                "write the options of " + name + " behind it: dplaunch " + name + " ...");
  }
}

/// Of the subcommand that was named, or else of dplaunch itself.
std::string see_help(const CLI::App& app) {
  const std::vector<CLI::App*> named = app.get_subcommands();
  return "dplaunch " + (named.empty() ? "" : named.front()->get_name() + " ") +
         "--help lists the options";
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

/// torchrun takes --nproc_per_node as well as --nproc-per-node.
void spell_with_dashes(std::vector<std::string>& words) {
  for (std::string& word : words) {
    if (!word.starts_with("--")) continue;
    const auto end =
        word.begin() + static_cast<std::ptrdiff_t>(std::min(word.find('='), word.size()));
    std::replace(word.begin(), end, '_', '-');
  }
}

/// CLI11 wants them in reverse, without the program's name.
std::vector<std::string> for_parser(std::vector<std::string> words) {
  std::reverse(words.begin(), words.end());
  words.pop_back();
  return words;
}

Action show(std::string text) {
  return [text = std::move(text)] {
    std::cout << text;
    return check_shown(std::cout);
  };
}

}  // namespace

Parser make_parser(const CommandTable& table, const JobWords& words) {
  Parser parser;
  parser.app = std::make_shared<CLI::App>(kDescription, "dplaunch");
  parser.app->footer(kExamples);
  parser.app->formatter(std::make_shared<HelpFormatter>());
  parser.job = table.declare_job(*parser.app, words);
  for (const Command& command : table.subcommands) {
    CLI::App* app = parser.app->add_subcommand(command.name, command.description);
    app->set_help_flag("-h,--help", "print this help");
    app->footer(std::string("Example:\n  ") + command.example);
    parser.subcommands.emplace_back(app, command.declare(*app));
  }
  return parser;
}

Action parse_command_line(int argc, const char* const* argv, const CommandTable& table) {
  JobWords job;
  job.all.assign(argv, argv + argc);
  refuse_nothing(job.all);
  std::vector<std::string> words = job.all;
  job.command = take_command(words);
  spell_with_dashes(words);

  const auto parser = std::make_shared<Parser>(make_parser(table, job));
  const CLI::App& app = *parser->app;
  try {
    parser->app->parse(for_parser(std::move(words)));
  } catch (const CLI::CallForHelp&) {
    return show(app.help());
  } catch (const CLI::CallForVersion& version) {
    return show(std::string(version.what()) + "\n");
  } catch (const CLI::ExtrasError&) {
    refuse_extras(app);
  } catch (const CLI::ParseError& error) {
    throw Error(ExitCode::kUsage, error.what(), see_help(app));
  }
  for (const auto& [command, action] : parser->subcommands) {
    if (!command->parsed()) continue;
    refuse_options_before(*command, app);
    return [parser, act = action] { return act(); };
  }
  return [parser] { return parser->job(); };
}

}  // namespace dplaunch
