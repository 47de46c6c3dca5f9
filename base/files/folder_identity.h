#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace dplaunch {

/// Which folder it is, whatever it is called and whatever is called so later: device and inode. A
/// folder that somebody has open keeps them, also when it is removed.
struct FolderIdentity {
  dev_t device = 0;
  ino_t inode = 0;

  /// Of the folder at `path`, or nullopt if there is none or it cannot be looked at.
  static std::optional<FolderIdentity> at(const std::filesystem::path& path);
  /// Of an open one. nullopt if `fd` is none.
  static std::optional<FolderIdentity> of(int fd);
  /// What text() returned; nullopt for anything else.
  static std::optional<FolderIdentity> parse(std::string_view text);
  std::string text() const;

  /// Whether `path` is known to lead elsewhere: to another folder, or to none. A file system that
  /// does not answer proves nothing.
  bool is_gone_from(const std::filesystem::path& path) const;

  bool operator==(const FolderIdentity&) const = default;
};

}  // namespace dplaunch
