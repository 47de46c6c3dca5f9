#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "launcher/runs/find_run.h"

namespace dplaunch {

/// How the run of one seed of `--seeds` is named: "NAME-seed-3".
std::string seed_run_name(const std::string& name, std::int64_t seed);

/// A run of `--seeds`.
struct SeedRun {
  std::int64_t seed = 0;
  RunFolder folder;
};

/// Those of a common name, a path or below `choice.runs`, by seed. Empty if there are none.
std::vector<SeedRun> seed_runs(const RunChoice& choice);

/// The run that is meant, or where no run has that name all those of `--seeds` under it. Throws as
/// find_run().
std::vector<RunFolder> find_runs(const RunChoice& choice);

}  // namespace dplaunch
