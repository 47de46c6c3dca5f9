#pragma once

#include <filesystem>
#include <ostream>
#include <string>

namespace dplaunch {

struct CompareOptions {
  std::string a;  ///< as RunChoice::run, or the common name of `--seeds`
  std::string b;
  std::filesystem::path runs_folder = "./runs";
  bool json = false;
};

/// `dplaunch compare`: in what two runs, or two sets of `--seeds`, differ, and what their figures
/// say of it, in pairs and with intervals. Returns the exit code, 0. Throws Error(kFailure) if
/// there is no such run, or nothing that both have.
int compare_runs(const CompareOptions& options, std::ostream& out);

}  // namespace dplaunch
