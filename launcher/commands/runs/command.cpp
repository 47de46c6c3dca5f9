#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "launcher/command_line/option_values.h"
#include "launcher/commands/commands.h"
#include "launcher/commands/runs/list_runs.h"

namespace dplaunch {

Action declare_runs(CLI::App& app) {
  const auto options = std::make_shared<ListRunsOptions>();
  takes(app.add_option("folder", options->runs, "the folder of all runs (./runs)"), "DIR",
        offer::kFolders);
  takes(app.add_option("--runs", options->runs, "the same, as the other commands have it"), "DIR",
        offer::kFolders);
  app.add_flag("--json", options->json, "for programs: one object on one line");
  return [options] { return list_runs(*options, std::cout); };
}

}  // namespace dplaunch
