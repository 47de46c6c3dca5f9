#include "launcher/commands/data/data_folder.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"

namespace dplaunch {
namespace {

namespace fs = std::filesystem;

void sync_folder(const fs::path& folder) {
  const UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) {
    throw system_error(ExitCode::kStorage, folder.string() + ": sync the folder", errno);
  }
}

void rename_to(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) {
    throw system_error(ExitCode::kStorage,
                       fmt::format("rename {} to {}", from.string(), to.string()), errno);
  }
}

}  // namespace

UniqueFd lock_data_root(const fs::path& root) {
  std::error_code error;
  fs::create_directories(root, error);
  if (error) {
    throw Error(ExitCode::kStorage,
                fmt::format("{}: make the data folder: {}", root.string(), error.message()),
                "name a folder that you can write to with --root");
  }
  UniqueFd folder(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder) {
    throw system_error(ExitCode::kStorage, root.string() + ": open the data folder", errno);
  }
  // Where the file system knows no locks, we go on without.
  if (::flock(folder.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    throw Error(ExitCode::kData, root.string() + ": another dplaunch data is at work in it",
                "wait until it has finished, or name another folder with --root");
  }
  return folder;
}

StagingFolder::StagingFolder(const fs::path& root) : path_(root / ".cifar-100-binary.new") {
  std::error_code error;
  fs::remove_all(path_, error);
  if (!error) fs::create_directory(path_, error);
  // What is half unpacked is nobody else's to use.
  if (!error) fs::permissions(path_, fs::perms::owner_all, error);
  if (error) {
    throw Error(ExitCode::kStorage,
                fmt::format("{}: make the folder: {}", path_.string(), error.message()),
                "name a folder that you can write to with --root");
  }
}

StagingFolder::~StagingFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

void replace_folder(const fs::path& made, const fs::path& target) {
  const fs::path parent = fs::absolute(target).parent_path();
  std::error_code error;
  if (!fs::exists(fs::symlink_status(target, error))) {
    rename_to(made, target);
    sync_folder(parent);
    return;
  }
  if (::renameat2(AT_FDCWD, made.c_str(), AT_FDCWD, target.c_str(), RENAME_EXCHANGE) == 0) {
    sync_folder(parent);
    fs::remove_all(made, error);
    return;
  }
  if (errno != EINVAL && errno != ENOSYS) {
    throw system_error(ExitCode::kStorage, "replace " + target.string(), errno);
  }
  // A file system that cannot exchange two names: for a moment there is no set.
  const fs::path old = target.string() + ".old";
  fs::remove_all(old, error);
  rename_to(target, old);
  rename_to(made, target);
  sync_folder(parent);
  fs::remove_all(old, error);
}

}  // namespace dplaunch
