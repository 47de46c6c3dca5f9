#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "launcher/command_line/option_values.h"
#include "launcher/commands/commands.h"
#include "launcher/commands/report/report_runs.h"

namespace dplaunch {

Action declare_report(CLI::App& app) {
  const auto options = std::make_shared<ReportOptions>();
  takes(app.add_option("run", options->runs,
                       "names below runs/, paths, or the common name of --seeds; default: the "
                       "newest run"),
        "RUN...", offer::kRuns);
  takes(app.add_option("--runs", options->runs_folder, "the folder of all runs (./runs)"), "DIR",
        offer::kFolders);
  takes(app.add_option("--out", options->out, "the page to make (report.html); - prints it"),
        "FILE", offer::kFiles);
  return [options] { return report_runs(*options, std::cout); };
}

}  // namespace dplaunch
