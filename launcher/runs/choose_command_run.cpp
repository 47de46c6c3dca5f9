#include "launcher/runs/choose_command_run.h"

#include <fmt/core.h>

#include <filesystem>
#include <optional>

#include "base/error.h"
#include "launcher/runs/find_run.h"
#include "launcher/runs/launch_record.h"

namespace dplaunch {
namespace {

namespace fs = std::filesystem;

bool is_of(const RunFolder& run, const std::vector<std::string>& argv) {
  if (kind_of(run) != RunKind::kCommand) return false;
  try {
    return read_start(run).command == as_recorded(argv);
  } catch (const Error&) {
    return false;  // damaged: nobody knows what it was
  }
}

std::optional<fs::path> newest_of(const fs::path& runs, const std::vector<std::string>& argv) {
  for (const RunFolder& run : runs_below(runs)) {
    if (is_of(run, argv)) return run.root();
  }
  return std::nullopt;
}

std::optional<fs::path> wanted_command_folder(const CommandRunRequest& request) {
  const RunPlace& place = request.place;
  if (!request.resume_run.empty()) return run_path(place.runs, request.resume_run);
  if (!place.name.empty()) return place.runs / place.name;
  return newest_of(place.runs, request.argv);
}

}  // namespace

CommandRun choose_command_run(const CommandRunRequest& request) {
  CommandRun chosen{request.place};
  if (!request.resume) return chosen;
  const std::optional<fs::path> folder = wanted_command_folder(request);
  std::error_code error;
  if (folder && fs::is_directory(*folder, error)) {
    const RunFolder run(*folder);
    const std::string problem = why_not_resumed(run, RunKind::kCommand);
    if (!problem.empty()) {
      throw Error(ExitCode::kUsage, fmt::format("--resume: {} {}", folder->string(), problem),
                  "name a run of a command, or begin one with --name");
    }
    chosen.place.resumed = run;
    return chosen;
  }
  const std::string missing =
      folder ? folder->string() + ": no such run"
             : fmt::format("no run below {} is of this command", request.place.runs.string());
  chosen.notes.push_back(missing + " yet; starting a new one");
  if (folder) {
    chosen.place.runs = folder->has_parent_path() ? folder->parent_path() : ".";
    chosen.place.name = folder->filename().string();
  }
  return chosen;
}

}  // namespace dplaunch
