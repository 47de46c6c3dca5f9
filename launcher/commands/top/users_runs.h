#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <vector>

#include "launcher/commands/top/watched_run.h"

namespace dplaunch {

/// The runs of this user on this host: those that run, and those that have ended since they were
/// seen running. For one thread.
class UsersRuns {
 public:
  void look(std::int64_t now_ns);

  /// As they were at the last look, the one that was started first in front.
  const std::vector<RunRow>& rows() const { return rows_; }

 private:
  std::map<std::filesystem::path, WatchedRun> watched_;
  std::vector<RunRow> rows_;
};

}  // namespace dplaunch
