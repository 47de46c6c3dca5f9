#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/files/unique_fd.h"

namespace dplaunch {

/// A worker's log file: every byte of its standard output and standard error, as they arrive.
class RankLog {
 public:
  /// Without a file: nothing is kept.
  RankLog() = default;
  /// Opens `path`, emptied unless `append`. Throws Error(kStorage).
  RankLog(std::filesystem::path path, bool append);

  /// Returns a warning for the user: empty, but for the first write that fails (a full disk), after
  /// which the log has gaps and the run goes on.
  std::string write(std::string_view bytes);

 private:
  std::filesystem::path path_;
  UniqueFd file_;
  bool has_failed_ = false;
};

}  // namespace dplaunch
