#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <vector>

#include "base/error.h"
#include "launcher/command_line/command_line.h"
#include "launcher/command_line/torchrun_line.h"
#include "launcher/commands/commands.h"

namespace dplaunch {
namespace {

int run(const std::vector<std::string>& words) {
  const TorchrunLine line = read_torchrun_line(words, process_variable);
  if (line.asks_for_help) {
    std::cout << torchrun_help();
    return check_shown(std::cout);
  }
  for (const std::string& remark : line.remarks) std::cerr << "dplaunch: note: " + remark + "\n";
  for (const auto& [name, value] : line.variables) ::setenv(name.c_str(), value.c_str(), 0);
  std::vector<const char*> argv = {"dplaunch"};
  for (const std::string& word : line.options) argv.push_back(word.c_str());
  argv.push_back("--");
  for (const std::string& word : line.command) argv.push_back(word.c_str());
  return parse_command_line(static_cast<int>(argv.size()), argv.data(), commands())();
}

}  // namespace

Action declare_torchrun(CLI::App& app, const JobWords& words) {
  // All that follows is torchrun's, the question for help too.
  app.prefix_command();
  app.set_help_flag();
  const auto name = std::find(words.all.begin(), words.all.end(), "torchrun");
  if (name == words.all.end()) return [] { return 0; };
  return [own = std::vector(name + 1, words.all.end())] { return run(own); };
}

}  // namespace dplaunch
