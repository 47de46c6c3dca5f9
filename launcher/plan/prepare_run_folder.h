#pragma once

#include <ctime>
#include <string>

#include "common/run_folder.h"
#include "common/unique_fd.h"
#include "launcher/plan/choose_run.h"

namespace dplaunch {

/// A run's folder, which no other launcher uses while `lock` is held.
struct ClaimedRun {
  RunFolder folder;
  UniqueFd lock;
};

/// Makes `runs/<name>/` for a new run, or claims the folder of the resumed one. An empty name
/// becomes "<model>-YYYYmmdd-HHMMSS", with "-2", "-3" behind it if that is taken; the name that was
/// found is put into `chosen`. Throws Error(kUsage) for a name that exists or a run in use,
/// Error(kStorage) if the disk refuses.
ClaimedRun claim_run_folder(ChosenRun& chosen, std::time_t now);

/// The folder that claim_run_folder would make or take, without touching the disk (`--dry-run`).
RunFolder expected_run_folder(const ChosenRun& chosen, std::time_t now);

}  // namespace dplaunch
