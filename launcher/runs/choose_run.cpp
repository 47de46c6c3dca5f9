#include "launcher/runs/choose_run.h"

#include <fmt/core.h>

#include <utility>

#include "base/error.h"
#include "base/text/shell_word.h"
#include "launcher/runs/find_run.h"
#include "launcher/runs/resumed_run.h"

namespace dplaunch {
namespace {

namespace fs = std::filesystem;

/// Of those that can be gone on with.
std::optional<fs::path> newest_with_checkpoint(const fs::path& runs) {
  for (const RunFolder& run : runs_below(runs)) {
    if (run.has_checkpoint()) return run.root();
  }
  return std::nullopt;
}

/// The folder that is meant, whether it exists or not; nullopt if no run has a checkpoint.
std::optional<fs::path> wanted_folder(const RunRequest& request, const Config& config) {
  const fs::path runs = config.runs;
  if (request.resume_run.empty()) {
    return config.name.empty() ? newest_with_checkpoint(runs)
                               : std::optional<fs::path>(runs / config.name);
  }
  return run_path(runs, request.resume_run);
}

void set_origin(ResolvedConfig& resolved, std::string Config::*member, const char* key,
                const std::string& value) {
  if (resolved.config.*member == value) return;
  resolved.config.*member = value;
  resolved.origin[key] = "--resume";
}

/// The run keeps its place even if the configuration that is given says another.
void point_at(ResolvedConfig& resolved, const fs::path& folder) {
  const fs::path parent = folder.parent_path();
  set_origin(resolved, &Config::runs, "runs", parent.empty() ? "." : parent.string());
  set_origin(resolved, &Config::name, "name", folder.filename().string());
}

std::string how_to_name_a_run(const fs::path& given, const std::string& otherwise) {
  const std::optional<RunFolder> around = run_around(given.parent_path());
  if (!around) return otherwise;
  return fmt::format("did you mean --resume={}?", shell_word(around->root().string()));
}

ChosenRun start_instead(const RunRequest& request, ResolvedConfig resolved,
                        const std::optional<fs::path>& folder) {
  // Repeating one command until it is done needs the configuration for its first time.
  const std::string missing =
      folder ? folder->string() + ": no such run"
             : fmt::format("no run below {} has a checkpoint", resolved.config.runs);
  if (!request.config_file) {
    throw Error(ExitCode::kUsage, "--resume: " + missing,
                how_to_name_a_run(request.resume_run,
                                  "name a run with --resume=RUN, or start one with -c FILE"));
  }
  if (folder) point_at(resolved, *folder);
  ChosenRun chosen;
  chosen.resolved = std::move(resolved);
  chosen.notes.push_back(missing + " yet; starting a new one");
  return chosen;
}

void check_config_file(const fs::path& file) {
  std::error_code error;
  if (fs::exists(file, error)) return;
  if (error) {
    throw system_error(ExitCode::kUsage, file.string() + ": cannot read the configuration file",
                       error.value(), "make it readable for this user, or name another with -c");
  }
  const fs::path shipped = fs::path("configs") / file;
  throw Error(ExitCode::kUsage, file.string() + ": no such configuration file",
              file.is_relative() && fs::exists(shipped, error)
                  ? fmt::format("did you mean -c {}?", shipped.string())
                  : "name an existing file with -c, for example configs/config_cpu.yml");
}

void refuse_command_run(const RunFolder& run) {
  std::error_code error;
  if (kind_of(run) == RunKind::kTraining || !fs::exists(run.launch(), error)) return;
  throw Error(ExitCode::kUsage,
              fmt::format("--resume: {} is the run of a command", run.root().string()),
              "name a training's run, or write the command again behind --");
}

}  // namespace

ChosenRun choose_run(const RunRequest& request) {
  if (request.config_file) check_config_file(*request.config_file);
  ResolvedConfig resolved = load_config(request.config_file, request.overrides);
  if (!request.resume) {
    ChosenRun chosen;
    chosen.resolved = std::move(resolved);
    return chosen;
  }

  const std::optional<fs::path> folder = wanted_folder(request, resolved.config);
  std::error_code error;
  if (!folder || !fs::is_directory(*folder, error)) {
    return start_instead(request, std::move(resolved), folder);
  }
  const RunFolder run(*folder);
  refuse_command_run(run);
  if (!request.config_file) {
    if (!fs::exists(run.config(), error)) {
      throw Error(ExitCode::kUsage,
                  fmt::format("--resume: {} is not a run: it has no {}", run.root().string(),
                              run.config().filename().string()),
                  how_to_name_a_run(*folder,
                                    "name a folder that dplaunch made, or give the "
                                    "configuration with -c FILE"));
    }
    resolved = load_stored_config(run.config(), request.overrides);
  }
  point_at(resolved, *folder);
  ChosenRun chosen;
  chosen.resumed = run;
  chosen.has_checkpoint = run.has_checkpoint();
  if (chosen.has_checkpoint) {
    check_same_model(run, resolved);
    chosen.is_finished = is_finished(run, resolved.config);
    const std::string changes = changed_keys(run, resolved.config);
    if (!changes.empty()) chosen.notes.push_back("changed since the run's last start: " + changes);
  } else {
    chosen.notes.push_back(run.root().string() +
                           " has no checkpoint yet; starting from the beginning");
  }
  chosen.resolved = std::move(resolved);
  return chosen;
}

RunPlace place_of(const ChosenRun& chosen) {
  const Config& config = chosen.resolved.config;
  return {config.runs, config.name, config.model, RunKind::kTraining, chosen.resumed};
}

}  // namespace dplaunch
