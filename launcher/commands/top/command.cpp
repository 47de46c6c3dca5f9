#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "launcher/commands/commands.h"
#include "launcher/commands/top/show_top.h"

namespace dplaunch {

Action declare_top(CLI::App& app) {
  const auto options = std::make_shared<TopOptions>();
  app.add_flag("--json", options->json, "for programs: one object on one line");
  app.add_flag("--once", options->once, "one table, also on a terminal");
  return [options] { return show_top(*options, std::cout); };
}

}  // namespace dplaunch
