#include "base/files/folder_identity.h"

#include <sys/stat.h>

#include <cerrno>

#include "base/text/parse_number.h"

namespace dplaunch {

std::optional<FolderIdentity> FolderIdentity::at(const std::filesystem::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return FolderIdentity{status.st_dev, status.st_ino};
}

std::optional<FolderIdentity> FolderIdentity::of(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return std::nullopt;
  return FolderIdentity{status.st_dev, status.st_ino};
}

std::optional<FolderIdentity> FolderIdentity::parse(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto device = parse_number<dev_t>(text.substr(0, colon));
  const auto inode = parse_number<ino_t>(text.substr(colon + 1));
  if (!device || !inode) return std::nullopt;
  return FolderIdentity{*device, *inode};
}

std::string FolderIdentity::text() const {
  return std::to_string(device) + ":" + std::to_string(inode);
}

bool FolderIdentity::is_gone_from(const std::filesystem::path& path) const {
  const std::optional<FolderIdentity> there = at(path);
  if (there) return *there != *this;
  return errno == ENOENT || errno == ENOTDIR;
}

}  // namespace dplaunch
