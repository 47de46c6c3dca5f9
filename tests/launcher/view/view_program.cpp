// The commands that look after a run, with what dplaunch does around them.
#include <CLI/CLI.hpp>
#include <iostream>

#include "common/error.h"
#include "launcher/view/view_commands.h"

int main(int argc, char** argv) {
  CLI::App app("", "dplaunch");
  dplaunch::StatusOptions status;
  dplaunch::StopOptions stop;
  dplaunch::LogsOptions logs;
  const CLI::App* status_command = add_status_command(app, status);
  const CLI::App* stop_command = add_stop_command(app, stop);
  const CLI::App* logs_command = add_logs_command(app, logs);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  try {
    if (status_command->parsed()) return show_status(status, std::cout);
    if (stop_command->parsed()) return stop_run(stop, std::cout);
    if (logs_command->parsed()) return show_logs(logs, std::cout, std::cerr);
  } catch (const dplaunch::Error& error) {
    return report(error, "dplaunch");
  }
  return 2;
}
