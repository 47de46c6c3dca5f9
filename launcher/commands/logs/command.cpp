#include <CLI/CLI.hpp>
#include <cstdint>
#include <iostream>
#include <memory>

#include "launcher/command_line/number_or_all.h"
#include "launcher/command_line/option_values.h"
#include "launcher/commands/commands.h"
#include "launcher/commands/logs/show_logs.h"

namespace dplaunch {

Action declare_logs(CLI::App& app) {
  const auto options = std::make_shared<LogsOptions>();
  add_run_choice(app, options->choice);
  app.add_flag("-f,--follow", options->follow, "show what comes, until the run ends");
  const auto set_rank = [options](const std::string& text) {
    options->rank = number_or_all<int>(text, "--rank");
    options->is_rank_given = true;
  };
  takes(app.add_option_function<std::string>("-r,--rank", set_rank, "which rank's log, or all (0)"),
        "N|all", "all");
  const auto set_lines = [options](const std::string& text) {
    options->lines = number_or_all<std::int64_t>(text, "--lines");
  };
  takes(app.add_option_function<std::string>("-n,--lines", set_lines,
                                             "how many of its last lines, or all (20)"),
        "N|all", "all");
  return [options] { return show_logs(*options, std::cout, std::cerr); };
}

}  // namespace dplaunch
