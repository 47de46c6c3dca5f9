#include "launcher/command_line/help_formatter.h"

namespace dplaunch {

std::string HelpFormatter::make_usage(const CLI::App* app, std::string name) const {
  if (app->get_parent() != nullptr) {
    std::string usage = "\nUsage: " + name + " [options]";
    for (const CLI::Option* option : app->get_options()) {
      if (option->get_positional()) usage += " [" + option->get_name(/*positional=*/true) + "]";
    }
    return usage + "\n\n";
  }
  return "\nUsage: dplaunch [options]                   train CIFAR-100\n"
         "       dplaunch [options] -- COMMAND...     run any command, once per device\n"
         "       dplaunch SUBCOMMAND [options]\n\n";
}

std::string HelpFormatter::make_group(std::string group, bool is_positional,
                                      std::vector<const CLI::Option*> options) const {
  std::string text = group + ":\n";
  for (const CLI::Option* option : options) text += make_option(option, is_positional);
  return text;
}

}  // namespace dplaunch
