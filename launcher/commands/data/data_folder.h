#pragma once

#include <filesystem>

#include "base/files/unique_fd.h"

namespace dplaunch {

/// Makes `root` if need be and locks it against a second `dplaunch data` until the descriptor is
/// closed. Throws Error(kStorage), or kData if another one is at work there.
UniqueFd lock_data_root(const std::filesystem::path& root);

/// A new, empty folder in `root` in which a set is put together; an earlier left-over of it is
/// removed. Its destructor removes what is left of it.
class StagingFolder {
 public:
  explicit StagingFolder(const std::filesystem::path& root);
  StagingFolder(const StagingFolder&) = delete;
  StagingFolder& operator=(const StagingFolder&) = delete;
  ~StagingFolder();

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Puts the folder `made` in the place of `target`, atomically where the file system can, and
/// removes what was there. Both are in one file system. Throws Error(kStorage).
void replace_folder(const std::filesystem::path& made, const std::filesystem::path& target);

}  // namespace dplaunch
