#pragma once

#include <filesystem>
#include <ostream>

namespace dplaunch {

struct ListRunsOptions {
  std::filesystem::path runs = "./runs";  ///< the folder of all runs
  bool json = false;
};

/// `dplaunch runs`: the runs below a folder, the one that was started last first. One whose records
/// cannot be read is listed with the reason. Returns the exit code, 0 also if there is none. Throws
/// Error(kFailure) if there is no such folder.
int list_runs(const ListRunsOptions& options, std::ostream& out);

}  // namespace dplaunch
