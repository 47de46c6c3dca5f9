#pragma once

#include <filesystem>
#include <string>

namespace dplaunch {

/// A folder of our own below $TMPDIR or /tmp, removed with everything in it by the destructor.
class TemporaryFolder {
 public:
  /// `stem` begins its name. Throws Error(kStorage).
  explicit TemporaryFolder(const std::string& stem);
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder();

  const std::filesystem::path& path() const { return path_; }
  /// Leaves it there.
  void keep() { is_kept_ = true; }

 private:
  std::filesystem::path path_;
  bool is_kept_ = false;
};

}  // namespace dplaunch
