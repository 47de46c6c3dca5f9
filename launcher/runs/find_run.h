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

/// The folders below `runs` that are runs, the one that was started last first: by launch.json, or
/// where a copy has none, by its newest checkpoint. "The newest run" is the first of them.
std::vector<RunFolder> runs_below(const std::filesystem::path& runs);

/// The run that a path leads into: "runs/mine/checkpoints/latest.safetensors" -> "runs/mine";
/// itself for a run's own folder. nullopt if there is none.
std::optional<RunFolder> run_around(const std::filesystem::path& path);

/// The run that is meant: the folder, one that a path leads into, or the newest. Throws
/// Error(kFailure) that names the runs there are.
RunFolder find_run(const RunChoice& choice);

}  // namespace dplaunch
