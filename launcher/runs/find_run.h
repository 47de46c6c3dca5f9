#pragma once

#include <filesystem>
#include <string>

#include "common/run_folder.h"

namespace dplaunch {

/// Which run a user means.
struct RunChoice {
  std::string run;                        ///< a name below `runs`, or a path; empty: the newest
  std::filesystem::path runs = "./runs";  ///< the folder of all runs
};

/// The run that is meant: the folder, one that a path leads into, or the one started last. Throws
/// Error(kFailure) that names the runs there are.
RunFolder find_run(const RunChoice& choice);

}  // namespace dplaunch
