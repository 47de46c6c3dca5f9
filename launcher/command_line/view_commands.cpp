#include "launcher/command_line/view_commands.h"

#include <CLI/CLI.hpp>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <optional>

namespace dplaunch {
namespace {

CLI::App* add_command(CLI::App& app, const char* name, const char* description, const char* footer,
                      RunChoice& choice) {
  CLI::App* command = app.add_subcommand(name, description);
  command->footer(footer);
  command->set_help_flag("-h,--help", "print this help");
  command->add_option("run", choice.run, "a name below runs/, or a path; default: the newest run")
      ->type_name("RUN");
  command->add_option("--runs", choice.runs, "the folder of all runs (./runs)")->type_name("DIR");
  return command;
}

/// A whole number that is not negative, or `all`: nullopt.
template <typename Number>
std::optional<Number> number_or_all(const std::string& text, const char* option) {
  if (text == "all") return {};
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size() && number >= 0) return number;
  throw CLI::ValidationError(option, "\"" + text + "\" is neither a whole number nor \"all\"");
}

}  // namespace

CLI::App* add_status_command(CLI::App& app, StatusOptions& options) {
  CLI::App* command = add_command(app, "status", "show how far a run is, also in the background",
                                  "Example:\n  dplaunch status dual --watch", options.choice);
  command->add_flag("-w,--watch", options.watch, "repeat until the run ends");
  command->add_flag("--json", options.json, "for programs: one object on one line");
  command->add_flag("--csv", options.csv, "the figures of all epochs, for a spreadsheet");
  return command;
}

CLI::App* add_stop_command(CLI::App& app, StopOptions& options) {
  CLI::App* command =
      add_command(app, "stop", "end a run: finish the step, write a checkpoint, stop",
                  "Example:\n  dplaunch stop dual", options.choice);
  command->add_flag("--now", options.now, "kill the workers at once");
  command
      ->add_option_function<double>(
          "--timeout",
          [&options](double seconds) {
            options.timeout = std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
          },
          "how long to wait for its end (the run's grace + 10)")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.0, 86400.0).description(""));
  return command;
}

CLI::App* add_logs_command(CLI::App& app, LogsOptions& options) {
  CLI::App* command = add_command(app, "logs", "print what a rank has written",
                                  "Example:\n  dplaunch logs dual -f --rank all", options.choice);
  command->add_flag("-f,--follow", options.follow, "show what comes, until the run ends");
  command
      ->add_option_function<std::string>(
          "-r,--rank",
          [&options](const std::string& text) {
            options.rank = number_or_all<int>(text, "--rank");
          },
          "which rank's log, or all (0)")
      ->type_name("N|all");
  command
      ->add_option_function<std::string>(
          "-n,--lines",
          [&options](const std::string& text) {
            options.lines = number_or_all<std::int64_t>(text, "--lines");
          },
          "how many of its last lines, or all (20)")
      ->type_name("N|all");
  return command;
}

}  // namespace dplaunch
