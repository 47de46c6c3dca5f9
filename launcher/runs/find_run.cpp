#include "launcher/runs/find_run.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/text/words.h"
#include "common/config/config_keys.h"

namespace dplaunch {
namespace {

namespace fs = std::filesystem;

bool is_run(const fs::path& folder) {
  std::error_code error;
  return fs::exists(RunFolder(folder).launch(), error);
}

/// All runs below the folder, the one that was started last first.
std::vector<fs::path> runs_below(const fs::path& folder) {
  std::vector<std::pair<fs::file_time_type, fs::path>> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    std::error_code missing;
    const auto started = fs::last_write_time(RunFolder(entry.path()).launch(), missing);
    if (!missing) found.emplace_back(started, entry.path());
  }
  std::sort(found.begin(), found.end(), std::greater<>());
  std::vector<fs::path> runs;
  for (const auto& [started, path] : found) runs.push_back(path);
  return runs;
}

/// "runs/mine/checkpoints/latest.safetensors" -> "runs/mine"
std::optional<fs::path> run_around(fs::path path) {
  constexpr int kDeepest = 3;
  for (int level = 0; level <= kDeepest && !path.empty(); ++level) {
    if (is_run(path)) return path;
    path = path.parent_path();
  }
  return {};
}

std::string which_there_are(const std::string& mistyped, const fs::path& folder) {
  constexpr std::size_t kMostNamed = 3;
  const std::vector<fs::path> runs = runs_below(folder);
  if (runs.empty()) return folder.string() + " holds no run; name one by its path";
  std::string newest;
  for (std::size_t i = 0; i < std::min(kMostNamed, runs.size()); ++i) {
    const std::string name = runs[i].filename().string();
    if (edit_distance(mistyped, name) <= mistyped.size() / 3) return "did you mean " + name + "?";
    newest.append(newest.empty() ? "" : ", ").append(name);
  }
  return "the newest below " + folder.string() + ": " + newest;
}

}  // namespace

RunFolder find_run(const RunChoice& choice) {
  if (choice.run.empty()) {
    const std::vector<fs::path> runs = runs_below(choice.runs);
    if (!runs.empty()) return RunFolder(runs.front());
    throw Error(ExitCode::kFailure, choice.runs.string() + ": there is no run yet",
                "name a run by its path if it is elsewhere");
  }
  const fs::path path = choice.run;
  if (!path.has_parent_path() && is_run(choice.runs / path)) return RunFolder(choice.runs / path);
  // Also a run's own folder from within it ("."), and a name that was completed by the shell.
  if (const auto found = run_around(path.has_filename() ? path : path.parent_path())) {
    return RunFolder(*found);
  }
  const fs::path missing = path.has_parent_path() ? path : choice.runs / path;
  std::error_code error;
  throw Error(
      ExitCode::kFailure,
      missing.string() +
          (fs::exists(missing, error) ? ": is not a run: it has no launch.json" : ": no such run"),
      which_there_are(path.filename().string(), choice.runs));
}

}  // namespace dplaunch
