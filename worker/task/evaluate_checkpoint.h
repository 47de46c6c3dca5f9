#pragma once

#include <filesystem>

#include "base/exit_code.h"
#include "common/config/config.h"
#include "common/rank_environment.h"
#include "common/run_folder.h"

namespace dplaunch {

/// One rank of `dplaunch eval`: counts over the set that training evaluates on, sharded as there.
/// Rank 0 prints the result and writes evaluation.json and confusion.csv into the folder. Throws
/// Error.
ExitCode evaluate_checkpoint(const std::filesystem::path& checkpoint, const Config& config,
                             const RankEnvironment& environment, const RunFolder& folder);

}  // namespace dplaunch
