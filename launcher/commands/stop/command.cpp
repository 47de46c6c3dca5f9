#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "launcher/command_line/option_values.h"
#include "launcher/commands/commands.h"
#include "launcher/commands/stop/stop_run.h"

namespace dplaunch {

Action declare_stop(CLI::App& app) {
  const auto options = std::make_shared<StopOptions>();
  add_run_choice(app, options->choice);
  app.add_flag("--now", options->now, "kill the workers at once");
  add_seconds_option(app, "--timeout", "how long to wait for its end (the run's grace + 10)",
                     options->timeout);
  return [options] { return stop_run(*options, std::cout); };
}

}  // namespace dplaunch
