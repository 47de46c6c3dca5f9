#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "common/run_folder.h"
#include "worker/checkpoint/progress.h"

namespace dplaunch {

// Which files of a run's checkpoints folder there are, and what latest.safetensors and
// best.safetensors name. On one rank only.

/// "epoch-0003.safetensors", or in the middle of an epoch "epoch-0003-step-00000412.safetensors".
std::string checkpoint_name(const Progress& progress);

/// The checkpoints in the folder, oldest first.
std::vector<std::string> checkpoint_names(const std::filesystem::path& folder);

/// The checkpoint of `progress` is written, as a whole: if `is_best`, points best.safetensors at
/// it, then latest.safetensors; then removes all but the `keep` newest and what the two name. A
/// crash or an error in between leaves a `best` that is at least as new as `latest`, and both files
/// there; restore_best() makes up for the rest. Throws Error(kStorage).
void publish_checkpoint(const RunFolder& folder, const Progress& progress, bool is_best,
                        std::int64_t keep);

/// A run begins at `start`, where its latest checkpoint left it: points best.safetensors at the
/// checkpoint that was the best then, unless it does so, whatever a crash or a full disk left
/// there. Without such a file the link is removed. Returns whether `start`'s best is there, or has
/// none. Throws Error(kStorage).
bool restore_best(const RunFolder& folder, const Progress& start);

}  // namespace dplaunch
