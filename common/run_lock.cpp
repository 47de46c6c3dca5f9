#include "common/run_lock.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>

#include "base/error.h"

namespace dplaunch {
namespace {

// Whoever looks whether a run is going on holds a shared lock for a moment.
constexpr int kAttempts = 100;
constexpr std::chrono::milliseconds kPause{2};

UniqueFd open_folder(const RunFolder& run) {
  UniqueFd folder(::open(run.root().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder) return folder;
  throw system_error(ExitCode::kStorage, run.root().string() + ": cannot open the run folder",
                     errno);
}

/// Who may write into the folder may also use its lock; nobody else may even open it.
mode_t mode_in(int folder) {
  struct stat status {};
  if (::fstat(folder, &status) != 0) return 0600;
  return 0600 | ((status.st_mode & S_IWGRP) != 0 ? 0060 : 0) |
         ((status.st_mode & S_IWOTH) != 0 ? 0006 : 0);
}

UniqueFd make_file(const RunFolder& run, int folder) {
  const mode_t mode = mode_in(folder);
  constexpr int kFlags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
  UniqueFd file(::openat(folder, RunFolder::kLockName, kFlags, mode));
  if (!file) {
    throw system_error(ExitCode::kStorage, run.lock().string() + ": cannot open the run's lock",
                       errno, "make it writable for this user, or remove it if no job runs there");
  }
  ::fchmod(file.get(), mode);  // whatever the umask; of no use on another's file, nor needed
  return file;
}

/// False if its owner has removed it since.
bool is_still_there(int folder, int file) {
  struct stat open {};
  struct stat named {};
  return ::fstat(file, &open) == 0 &&
         ::fstatat(folder, RunFolder::kLockName, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
         open.st_ino == named.st_ino && open.st_dev == named.st_dev;
}

/// Of a file that this user may not open: whether /proc/locks (proc(5)) has a lock on it, as in
/// "1: FLOCK  ADVISORY  WRITE 4711 08:02:1234 0 EOF". The device is not compared where stat(2)
/// shows one of no disk: btrfs and overlayfs give files others than the kernel's own.
bool is_listed(const RunFolder& run) {
  struct stat status {};
  if (::stat(run.lock().c_str(), &status) != 0) return false;
  const std::string inode = fmt::format(":{}", status.st_ino);
  const unsigned major = ::major(status.st_dev);
  const std::string device = fmt::format("{:02x}:{:02x}", major, ::minor(status.st_dev));
  std::ifstream locks("/proc/locks");
  for (std::string line; std::getline(locks, line);) {
    std::istringstream fields(line);
    std::string kind;
    std::string file;
    fields >> file >> kind >> file >> file >> file >> file;
    if (kind == "FLOCK" && (file == device + inode || (major == 0 && file.ends_with(inode)))) {
      return true;
    }
  }
  return false;
}

}  // namespace

RunLock RunLock::take(const RunFolder& run) {
  UniqueFd folder = open_folder(run);
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    if (attempt > 0) std::this_thread::sleep_for(kPause);
    UniqueFd file = make_file(run, folder.get());
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) continue;
    if (!is_still_there(folder.get(), file.get())) continue;
    return {std::move(folder), std::move(file)};
  }
  throw Error(ExitCode::kUsage,
              run.root().string() + ": another dplaunch is running in this folder",
              "wait for its end, or start a run of another name");
}

RunLock::~RunLock() {
  if (file_) ::unlinkat(folder_.get(), RunFolder::kLockName, 0);
}

bool is_run_locked(const RunFolder& run) {
  const UniqueFd folder = open_folder(run);
  constexpr int kFlags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
  const UniqueFd file(::openat(folder.get(), RunFolder::kLockName, kFlags));
  if (!file) return errno != ENOENT && is_listed(run);
  return ::flock(file.get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

}  // namespace dplaunch
