#include "launcher/commands/runs/list_runs.h"

#include <fmt/core.h>
#include <sys/stat.h>

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/files/json_fields.h"
#include "base/process/surroundings.h"
#include "base/text/printable.h"
#include "base/text/text_table.h"
#include "base/text/words.h"
#include "launcher/runs/find_run.h"
#include "launcher/runs/run_state.h"
#include "launcher/runs/run_summary.h"
#include "launcher/view/progress.h"
#include "launcher/view/state_words.h"
#include "launcher/view/terminal.h"

namespace dplaunch {
namespace {

namespace fs = std::filesystem;

/// All that is listed of a run.
struct ListedRun {
  RunFolder folder;
  std::optional<RunState> state;  ///< nullopt: see `problem`
  std::optional<TrainingResult> training;
  std::string problem;
  std::int64_t size_bytes = 0;
};

/// Of all files in it; links are not followed. What vanishes meanwhile is left out.
std::int64_t folder_bytes(const fs::path& folder) {
  std::int64_t bytes = 0;
  std::error_code error;
  fs::recursive_directory_iterator entry(folder, fs::directory_options::skip_permission_denied,
                                         error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    struct stat info {};
    if (::lstat(entry->path().c_str(), &info) == 0 && S_ISREG(info.st_mode)) bytes += info.st_size;
  }
  return bytes;
}

ListedRun look_at(const RunFolder& folder) {
  ListedRun run{folder, {}, {}, {}, folder_bytes(folder.root())};
  try {
    run.state = run_state(folder);
    // Until then the file has the result of an earlier start.
    const bool has_result = run.state->end && run.state->end->result == "success";
    if (has_result) run.training = read_training_result(folder);
  } catch (const Error& error) {
    run.problem = error.what();
  }
  return run;
}

std::string age_words(const ListedRun& run, std::time_t now) {
  if (!run.state || run.state->start.started == 0) return {};
  const double seconds = std::max(0.0, std::difftime(now, run.state->start.started));
  return duration(seconds) + " ago";
}

std::string time_words(const ListedRun& run, std::time_t now) {
  if (!run.state) return {};
  if (run.state->end) return duration(run.state->end->seconds);
  if (run.state->kind != RunState::Kind::kRunning) return {};
  return duration(std::max(0.0, std::difftime(now, run.state->start.started)));
}

std::string result_words(const ListedRun& run) {
  if (!run.state) return run.problem;
  std::vector<std::string> words;
  if (run.state->end && run.state->end->exit_code != 0) {
    words.push_back(fmt::format("exit code {}", run.state->end->exit_code));
  }
  if (run.state->end && run.state->end->root_cause) {
    words.push_back(cause_words(*run.state->end->root_cause));
  }
  if (run.training && run.training->final_top1) {
    words.push_back(
        fmt::format("{} top-1 {:.2f}%", run.training->final_set, *run.training->final_top1));
  }
  if (run.state->start.attempt > 1) {
    words.push_back(fmt::format("attempt {}", run.state->start.attempt));
  }
  return joined(words);
}

std::string state_text(const ListedRun& run) {
  return run.state ? state_name(*run.state) : "unreadable";
}

std::string runs_table(const std::vector<ListedRun>& runs, int columns) {
  TextTable table({{"RUN"},
                   {"STATE"},
                   {"STARTED", Align::kRight},
                   {"TOOK", Align::kRight},
                   {"SIZE", Align::kRight},
                   {"RESULT", Align::kLeft, {}, 0, true}});
  const std::time_t now = std::time(nullptr);
  for (const ListedRun& run : runs) {
    table.add({printable(run.folder.root().filename().string()), state_text(run),
               age_words(run, now), time_words(run, now), bytes_text(run.size_bytes),
               printable(result_words(run), Unprintable::kLeftOut)});
  }
  return joined(table.lines(columns), "\n") + "\n";
}

Json run_json(const ListedRun& run) {
  Json json = {{"run", run.folder.root().string()},
               {"kind", kind_of(run.folder) == RunKind::kCommand ? "command" : "training"},
               {"state", state_text(run)},
               {"started_unix", nullptr},
               {"attempt", nullptr},
               {"command", nullptr},
               {"seconds", nullptr},
               {"exit_code", nullptr},
               {"cause", nullptr},
               {"top1", nullptr},
               {"size_bytes", run.size_bytes},
               {"problem", run.problem.empty() ? Json() : Json(run.problem)}};
  if (run.training && run.training->final_top1) json["top1"] = *run.training->final_top1;
  if (!run.state) return json;
  json["started_unix"] = run.state->start.started;
  json["attempt"] = run.state->start.attempt;
  json["command"] = run.state->start.command;
  if (!run.state->end) return json;
  json["seconds"] = run.state->end->seconds;
  json["exit_code"] = run.state->end->exit_code;
  if (run.state->end->root_cause) json["cause"] = cause_words(*run.state->end->root_cause);
  return json;
}

std::string json_of(const fs::path& folder, const std::vector<ListedRun>& runs) {
  Json list = Json::array();
  for (const ListedRun& run : runs) list.push_back(run_json(run));
  const Json json = {{"runs_folder", folder.string()}, {"runs", list}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

int list_runs(const ListRunsOptions& options, std::ostream& out) {
  require_working_folder(options.runs);
  std::error_code error;
  if (!fs::is_directory(options.runs, error)) {
    throw Error(ExitCode::kFailure, options.runs.string() + ": no such folder, so no runs",
                "name the folder of all runs: dplaunch runs DIR");
  }
  std::vector<ListedRun> runs;
  for (const RunFolder& folder : runs_below(options.runs)) runs.push_back(look_at(folder));
  if (options.json) {
    out << json_of(options.runs, runs);
  } else if (runs.empty()) {
    out << printable(options.runs.string()) << ": there is no run yet\n";
  } else {
    constexpr int kUnlimited = 1 << 20;
    const int fd = 1;
    out << runs_table(runs, can_redraw(fd) ? terminal_size(fd).columns : kUnlimited);
  }
  return check_shown(out);
}

}  // namespace dplaunch
