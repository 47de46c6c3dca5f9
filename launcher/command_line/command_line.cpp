#include "launcher/command_line/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "base/error.h"
#include "launcher/command_line/help_formatter.h"
#include "launcher/command_line/suggest.h"
#include "launcher/commands/job/job_options.h"

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

}  // namespace

CommandLine parse_command_line(int argc, const char* const* argv) {
  CommandLine line;
  line.words.assign(argv, argv + argc);
  refuse_nothing(line.words);
  std::vector<std::string> words = line.words;
  LaunchOptions launch;
  launch.command = take_command(words);
  spell_with_dashes(words);

  RawJobOptions raw;
  CLI::App app(kDescription, "dplaunch");
  app.footer(kExamples);
  app.formatter(std::make_shared<HelpFormatter>());
  add_job_options(app, launch, raw);
  const Subcommands subcommands(app);
  try {
    app.parse(for_parser(std::move(words)));
  } catch (const CLI::CallForHelp&) {
    line.request = ShowText{app.help()};
    return line;
  } catch (const CLI::CallForVersion& version) {
    line.request = ShowText{std::string(version.what()) + "\n"};
    return line;
  } catch (const CLI::ExtrasError&) {
    refuse_extras(app);
  } catch (const CLI::ParseError& error) {
    throw Error(ExitCode::kUsage, error.what(), see_help(app));
  }
  for (const CLI::App* command : app.get_subcommands()) refuse_options_before(*command, app);
  if (std::optional<SubcommandRequest> chosen = subcommands.chosen()) {
    line.request = std::move(*chosen);
    return line;
  }
  settle_job_options(launch, raw, app);
  line.request = std::move(launch);
  return line;
}

}  // namespace dplaunch
