#pragma once

#include <sys/stat.h>
#include <time.h>

#include <filesystem>

namespace dplaunch {

/// Which file has that name, and when it last changed: to see that it was replaced or written.
struct FileVersion {
  ino_t inode = 0;  ///< 0: there is none
  timespec changed{};

  static FileVersion of(const std::filesystem::path& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return {};
    return {status.st_ino, status.st_ctim};
  }
  bool operator==(const FileVersion& other) const {
    return inode == other.inode && changed.tv_sec == other.changed.tv_sec &&
           changed.tv_nsec == other.changed.tv_nsec;
  }
};

}  // namespace dplaunch
