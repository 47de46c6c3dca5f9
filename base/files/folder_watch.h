#pragma once

#include <filesystem>

#include "base/files/unique_fd.h"

namespace dplaunch {

/// Wakes up when a file in a folder is written to, made or replaced.
class FolderWatch {
 public:
  /// Changes count from here on. Throws Error(kStorage) if the folder cannot be watched.
  explicit FolderWatch(const std::filesystem::path& folder);

  /// Blocks until there is a change, or the process behind `pidfd` (-1: none) has ended: then
  /// false.
  bool wait_for_change(int pidfd) const;

 private:
  void take_events() const;

  UniqueFd inotify_;
};

}  // namespace dplaunch
