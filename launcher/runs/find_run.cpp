#include "launcher/runs/find_run.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <optional>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/process/surroundings.h"
#include "base/text/words.h"
#include "launcher/runs/host_folder.h"
#include "launcher/runs/launch_record.h"

namespace dplaunch {
namespace {

namespace fs = std::filesystem;

bool is_there(const fs::path& path) {
  std::error_code error;
  return fs::exists(path, error);
}

/// Of a trainer there is the configuration, of every job the record of its start.
bool is_run(const fs::path& folder) {
  const RunFolder run(folder);
  return is_there(run.launch()) || is_there(run.config());
}

/// When it was started last. The file's time orders starts of the same second.
std::optional<std::pair<std::time_t, fs::file_time_type>> start_of(const RunFolder& run) {
  std::error_code error;
  auto written = fs::last_write_time(run.launch(), error);
  if (!error) {
    try {
      return std::pair(read_start(run).started, written);
    } catch (const Error&) {
      // Damaged: its time is all that is known. Whoever opens the run gets the error.
    }
  } else {
    written = fs::last_write_time(run.latest_checkpoint(), error);
    // Its file is missing: the run is one nonetheless, and says so.
    if (error) written = fs::last_write_time(run.checkpoints(), error);
    if (error) return std::nullopt;
  }
  const auto system = std::chrono::file_clock::to_sys(written);
  return std::pair(std::chrono::system_clock::to_time_t(
                       std::chrono::time_point_cast<std::chrono::system_clock::duration>(system)),
                   written);
}

std::string which_there_are(const std::string& mistyped, const fs::path& folder) {
  constexpr std::size_t kMaxNamed = 3;
  const std::vector<RunFolder> runs = runs_below(folder);
  if (runs.empty()) return folder.string() + " holds no run; name one by its path";
  std::vector<std::string> newest;
  for (std::size_t i = 0; i < std::min(kMaxNamed, runs.size()); ++i) {
    const std::string name = runs[i].root().filename().string();
    if (edit_distance(mistyped, name) <= mistyped.size() / 3) {
      return fmt::format("did you mean {}?", name);
    }
    newest.push_back(name);
  }
  return fmt::format("the newest below {}: {}", folder.string(), joined(newest));
}

}  // namespace

RunKind kind_of(const RunFolder& run) {
  return is_there(run.config()) ? RunKind::kTraining : RunKind::kCommand;
}

std::string why_not_resumed(const RunFolder& run, RunKind kind) {
  std::error_code error;
  if (!is_run(run.root())) {
    // A command may begin in a folder that a launcher made and did not come to use.
    if (kind == RunKind::kCommand && fs::is_empty(run.root(), error)) return {};
    return "is not a run: it has no launch.json";
  }
  if (kind_of(run) == kind) return {};
  return kind == RunKind::kCommand ? "is the run of a training" : "is the run of a command";
}

fs::path run_path(const fs::path& runs, const std::string& run) {
  const fs::path path = run;
  if (!path.has_parent_path()) return runs / path;
  return path.has_filename() ? path : path.parent_path();
}

namespace {

/// `as`: what stands for each folder.
std::vector<RunFolder> newest_first(const fs::path& runs, RunFolder (*as)(const RunFolder& run)) {
  std::vector<std::pair<std::pair<std::time_t, fs::file_time_type>, RunFolder>> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(runs, error)) {
    const RunFolder run = as(RunFolder(entry.path()));
    if (const auto start = start_of(run)) found.emplace_back(*start, run);
  }
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<RunFolder> sorted;
  for (auto& [start, run] : found) sorted.push_back(std::move(run));
  return sorted;
}

RunFolder itself(const RunFolder& run) {
  return run;
}

}  // namespace

std::vector<RunFolder> runs_below(const fs::path& runs) {
  return newest_first(runs, itself);
}

std::optional<RunFolder> run_around(const fs::path& path) {
  // From a checkpoint's file it is two; a whole way up could end in a run by accident.
  constexpr int kMaxLevels = 3;
  fs::path folder = path;
  for (int level = 0; level <= kMaxLevels && !folder.empty(); ++level) {
    if (is_run(folder)) return RunFolder(folder);
    folder = folder.parent_path();
  }
  return std::nullopt;
}

RunFolder find_run(const RunChoice& choice) {
  require_working_folder(choice.run.empty() ? choice.runs : fs::path(choice.run));
  if (choice.run.empty()) {
    for (const RunFolder& run : runs_below(choice.runs)) {
      if (is_there(run.launch())) return run;
    }
    throw Error(ExitCode::kFailure, choice.runs.string() + ": there is no run yet",
                "name a run by its path if it is elsewhere");
  }
  const fs::path path = choice.run;
  if (!path.has_parent_path() && is_run(choice.runs / path)) return RunFolder(choice.runs / path);
  // Also a run's own folder from within it ("."), and a name that was completed by the shell.
  if (const auto found = run_around(path.has_filename() ? path : path.parent_path())) {
    return *found;
  }
  const fs::path missing = path.has_parent_path() ? path : choice.runs / path;
  throw Error(ExitCode::kFailure,
              missing.string() +
                  (is_there(missing) ? ": is not a run: it has no launch.json" : ": no such run"),
              which_there_are(path.filename().string(), choice.runs));
}

RunFolder find_run_here(const RunChoice& choice) {
  if (choice.run.empty()) {
    for (const RunFolder& run : newest_first(choice.runs, part_of_this_host)) {
      if (is_there(run.launch())) return run;
    }
    return find_run(choice);  // says what is wrong
  }
  const RunFolder named(run_path(choice.runs, choice.run));
  if (!is_run(named.root())) {
    const RunFolder part = part_of_this_host(named);
    if (is_run(part.root())) return part;
  }
  return part_of_this_host(find_run(choice));
}

}  // namespace dplaunch
