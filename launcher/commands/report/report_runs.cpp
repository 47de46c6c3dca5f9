#include "launcher/commands/report/report_runs.h"

#include <fmt/core.h>

#include <ctime>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/text/printable.h"
#include "base/text/words.h"
#include "launcher/commands/report/run_ends.h"
#include "launcher/commands/report/run_facts.h"
#include "launcher/commands/report/training_charts.h"
#include "launcher/runs/seed_runs.h"

namespace dplaunch {
namespace {

/// What cannot be read is one of the run's problems.
RankSteps read_steps(WholeRun& run) {
  RankSteps ranks;
  if (!run.start) return ranks;
  for (const RankRecord& rank : run.start->ranks) {
    try {
      std::vector<StepTimes> steps = read_step_times(run.folder.step_times(rank.rank));
      if (!steps.empty()) ranks[rank.rank] = std::move(steps);
    } catch (const Error& error) {
      run.problems.emplace_back(error.what());
    }
  }
  return ranks;
}

ReportedRuns read_runs(const ReportOptions& options) {
  std::vector<RunFolder> folders;
  for (const std::string& run : options.runs) {
    for (const RunFolder& folder : find_runs({run, options.runs_folder})) folders.push_back(folder);
  }
  if (folders.empty()) folders.push_back(find_run({"", options.runs_folder}));
  if (folders.size() > kMaxSeries) {
    throw Error(
        ExitCode::kUsage,
        fmt::format("these are {} runs, and a chart tells {} apart", folders.size(), kMaxSeries),
        "name fewer of them");
  }
  ReportedRuns runs;
  for (const RunFolder& folder : folders) {
    ReportedRun reported{read_whole_run(folder), "", "", ""};
    if (folders.size() > 1) reported.letter = static_cast<char>('A' + runs.size());
    reported.label =
        reported.letter.empty() ? reported.run.name : reported.letter + " " + reported.run.name;
    constexpr std::size_t kMaxBytes = 26;
    reported.curve = shortened_to_bytes(reported.label, kMaxBytes);
    reported.steps = read_steps(reported.run);
    runs.push_back(std::move(reported));
  }
  return runs;
}

std::string subtitle_of(const ReportedRuns& runs) {
  if (runs.size() > 1) return counted(static_cast<std::int64_t>(runs.size()), "run");
  const WholeRun& run = runs.front().run;
  const std::string what = run.config ? run.config->model + ", " : "";
  return what + state_line(run);
}

Page page_of(const ReportedRuns& runs) {
  const std::string made_by =
      fmt::format("dplaunch {} report, {}", DPLAUNCH_VERSION, local_time_text(std::time(nullptr)));
  Page page(runs.size() == 1 ? runs.front().run.name : "Runs side by side", subtitle_of(runs),
            made_by);
  if (runs.size() == 1) {
    add_result_tiles(page, runs.front().run);
  } else {
    add_run_tables(page, runs);
  }
  add_warnings(page, runs);
  add_training_charts(page, runs);
  add_time_charts(page, runs);
  add_ends(page, runs);
  add_facts(page, runs);
  Json names = Json::array();
  for (const ReportedRun& reported : runs) {
    names.push_back({{"run", reported.run.folder.root().string()}, {"label", reported.label}});
  }
  page.add_data("runs", std::move(names));
  return page;
}

}  // namespace

int report_runs(const ReportOptions& options, std::ostream& out) {
  const Page page = page_of(read_runs(options));
  if (options.out == "-") {
    out << page.html();
    return check_shown(out);
  }
  write_page(options.out, page);
  out << "report     " << printable(options.out.string()) << "\n";
  return check_shown(out);
}

}  // namespace dplaunch
