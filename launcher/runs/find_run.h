#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/run_folder.h"

namespace dplaunch {

/// Which run a user means.
struct RunChoice {
  std::string run;                        ///< a name below `runs`, or a path; empty: the newest
  std::filesystem::path runs = "./runs";  ///< the folder of all runs
};

/// What kind of job a run is of.
enum class RunKind { kTraining, kCommand };

/// By the configuration, which a training has in its folder. A folder that is no run is kCommand.
RunKind kind_of(const RunFolder& run);

/// Why a job of that kind cannot go on in the folder: "is the run of a training", "is not a run: it
/// has no launch.json". Empty if it can: a command also in an empty folder, that of a start which
/// came to nothing.
std::string why_not_resumed(const RunFolder& run, RunKind kind);

/// What `--resume=RUN` means: a path, perhaps with a slash behind it, as shells complete folders,
/// or a name below `runs`.
std::filesystem::path run_path(const std::filesystem::path& runs, const std::string& run);

/// The folders below `runs` that are runs, the one that was started last first: by launch.json, or
/// where a copy has none, by its newest checkpoint. "The newest run" is the first of them.
std::vector<RunFolder> runs_below(const std::filesystem::path& runs);

/// The run that a path leads into: "runs/mine/checkpoints/latest.safetensors" -> "runs/mine";
/// itself for a run's own folder. nullopt if there is none.
std::optional<RunFolder> run_around(const std::filesystem::path& path);

/// The run that is meant: the folder, one that a path leads into, or the newest. Throws
/// Error(kFailure) that names the runs there are.
RunFolder find_run(const RunChoice& choice);

/// The same for what concerns this host's processes: of a run over several hosts
/// part_of_this_host(), also where host 0's folder is not to be seen.
RunFolder find_run_here(const RunChoice& choice);

}  // namespace dplaunch
