#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "launcher/command_line/option_values.h"
#include "launcher/commands/commands.h"
#include "launcher/commands/compare/compare_runs.h"

namespace dplaunch {

Action declare_compare(CLI::App& app) {
  const auto options = std::make_shared<CompareOptions>();
  const std::string what = "a name below runs/, a path, or the common name of --seeds";
  takes(app.add_option("a", options->a, what), "RUN", offer::kRuns)->required();
  takes(app.add_option("b", options->b, "the other one"), "RUN", offer::kRuns)->required();
  takes(app.add_option("--runs", options->runs_folder, "the folder of all runs (./runs)"), "DIR",
        offer::kFolders);
  app.add_flag("--json", options->json, "for programs: one object on one line");
  return [options] { return compare_runs(*options, std::cout); };
}

}  // namespace dplaunch
