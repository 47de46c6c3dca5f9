#pragma once

#include <cstddef>
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

  /// Writes a line of the launcher's own, with nothing of an earlier attempt's last line before it.
  /// Returns as write().
  std::string mark(std::string_view line);

  /// Returns a warning for the user: empty, but for the first write that fails (a full disk), after
  /// which the log has gaps and the run goes on.
  std::string write(std::string_view bytes);

  /// At the end, for the user: how much the log lacks. Empty if nothing.
  std::string loss() const;

 private:
  bool ends_within_line() const;

  std::filesystem::path path_;
  UniqueFd file_;
  std::size_t lost_bytes_ = 0;
};

}  // namespace dplaunch
