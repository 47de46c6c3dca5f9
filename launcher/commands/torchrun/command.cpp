#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "launcher/command_line/command_line.h"
#include "launcher/command_line/option_values.h"
#include "launcher/command_line/torchrun_line.h"
#include "launcher/command_line/torchrun_options.h"
#include "launcher/commands/commands.h"

namespace dplaunch {
namespace {

int run_torchrun(const std::vector<std::string>& words) {
  const TorchrunLine line = read_torchrun_line(words, process_variable);
  for (const std::string& remark : line.remarks) std::cerr << "dplaunch: note: " + remark + "\n";
  for (const auto& [name, value] : line.variables) ::setenv(name.c_str(), value.c_str(), 0);
  std::vector<const char*> argv = {"dplaunch"};
  for (const std::string& word : line.options) argv.push_back(word.c_str());
  argv.push_back("--");
  for (const std::string& word : line.command) argv.push_back(word.c_str());
  return parse_command_line(static_cast<int>(argv.size()), argv.data(), commands())();
}

/// What a shell offers for the option of dplaunch that is called so.
std::string offered_by_job(const CLI::App& app, const std::string& name) {
  const CLI::Option* same = app.get_parent()->get_option_no_throw(name);
  return same != nullptr ? offered_values(*same) : std::string();
}

}  // namespace

/// The options are declared for help and completion. What the line means read_torchrun_line() says:
/// of argparse there are abbreviations, and all that follows the script is the script's.
Action declare_torchrun(CLI::App& app, const JobWords& words) {
  for (const TorchrunOption& option : torchrun_options()) {
    const std::string letter = option.letter != 0 ? std::string("-") + option.letter + "," : "";
    const std::string names = letter + "--" + std::string(option.name);
    const std::string meaning(option.meaning);
    const auto take = [](const std::string&) {};
    if (option.value.empty()) {
      app.add_flag_function(
          names, [](std::int64_t) {}, meaning);
    } else {
      takes(app.add_option_function<std::string>(names, take, meaning), std::string(option.value),
            offered_by_job(app, "--" + std::string(option.name)));
    }
  }
  app.prefix_command();
  app.footer(
      "Behind the options stands the script, and all that follows is the script's.\n\nExample:\n"
      "  dplaunch torchrun --standalone --nproc-per-node 4 train.py --lr 0.1");
  const auto name = std::find(words.all.begin(), words.all.end(), "torchrun");
  const auto own = name == words.all.end() ? name : name + 1;
  return [words = std::vector(own, words.all.end())] { return run_torchrun(words); };
}

}  // namespace dplaunch
