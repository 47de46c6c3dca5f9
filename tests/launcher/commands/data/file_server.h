#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/files/unique_fd.h"

namespace dplaunch {

/// file_server.py as a child process, which serves `folder` until this goes out of scope.
class FileServer {
 public:
  explicit FileServer(const std::filesystem::path& folder);
  FileServer(const FileServer&) = delete;
  FileServer& operator=(const FileServer&) = delete;
  ~FileServer();

  std::string url(const std::string& path) const;
  /// "PATH RANGE" of each request so far.
  std::vector<std::string> requests() const;

 private:
  std::filesystem::path folder_;
  pid_t pid_ = -1;
  UniqueFd lifeline_;
  int port_ = 0;
};

}  // namespace dplaunch
