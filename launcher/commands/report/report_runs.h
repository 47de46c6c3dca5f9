#pragma once

#include <filesystem>
#include <ostream>
#include <string>
#include <vector>

namespace dplaunch {

struct ReportOptions {
  std::vector<std::string>
      runs;  ///< as RunChoice::run, or the common name of `--seeds`; none: the newest
  std::filesystem::path runs_folder = "./runs";
  std::filesystem::path out = "report.html";  ///< "-": to `out`
};

/// `dplaunch report`: a page about one run, or about several side by side. What is damaged or
/// missing is said on the page. Returns the exit code, 0. Throws Error(kFailure) if there is no
/// such run, Error(kUsage) for more runs than a chart shows, Error(kStorage) if the page cannot be
/// written.
int report_runs(const ReportOptions& options, std::ostream& out);

}  // namespace dplaunch
