#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "launcher/command_line/option_values.h"
#include "launcher/commands/commands.h"
#include "launcher/commands/status/show_status.h"

namespace dplaunch {

Action declare_status(CLI::App& app) {
  const auto options = std::make_shared<StatusOptions>();
  add_run_choice(app, options->choice);
  app.add_flag("-w,--watch", options->watch, "repeat until the run ends");
  app.add_flag("--json", options->json, "for programs: one object on one line");
  app.add_flag("--csv", options->csv, "the figures of all epochs, for a spreadsheet");
  app.add_flag("--probe", options->probe,
               "whether the run goes on and no process hangs: exit code 0, or 1 and why");
  add_seconds_option(app, "--stall-timeout",
                     "of --probe: a process silent for so long hangs (as the run has it)",
                     options->stall_timeout);
  return [options] { return show_status(*options, std::cout); };
}

}  // namespace dplaunch
