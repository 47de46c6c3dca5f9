#pragma once

#include <ctime>
#include <filesystem>
#include <optional>
#include <string>

#include "common/run_folder.h"
#include "common/run_lock.h"
#include "launcher/runs/find_run.h"

namespace dplaunch {

/// A run's folder, which no other launcher uses while `lock` is held.
struct ClaimedRun {
  RunFolder folder;  ///< held
  RunLock lock;
  std::string start_id;  ///< a new one: the claim is the start
};

/// Where a run is to live.
struct RunPlace {
  std::filesystem::path runs;  ///< the folder of all runs
  std::string name;            ///< empty: made from `stem` and the time
  std::string stem;            ///< the model, or the command
  RunKind kind = RunKind::kTraining;
  std::optional<RunFolder> resumed = {};  ///< the existing folder to go on in
};

/// Makes `runs/<name>/` for a new run, or claims the folder of the resumed one. An empty name
/// becomes "<stem>-YYYYmmdd-HHMMSS", with "-2", "-3" behind it if that is taken. Throws
/// Error(kUsage) for a name that exists or a run in use, Error(kStorage) if the disk refuses.
ClaimedRun claim_run_folder(const RunPlace& place, std::time_t now);

/// The folder that claim_run_folder would make or take, without touching the disk (`--dry-run`).
RunFolder expected_run_folder(const RunPlace& place, std::time_t now);

}  // namespace dplaunch
