#include "base/files/atomic_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "base/error.h"
#include "base/files/unique_fd.h"

namespace dplaunch {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const std::string& step, const fs::path& path) {
  const int error_number = errno;
  throw system_error(ExitCode::kStorage, path.string() + ": cannot " + step, error_number,
                     "free some space or choose another folder with --log-dir DIR; what was "
                     "written before is whole");
}

/// The folder of a file that is to be replaced. All that is done in it is done to this one, even if
/// it is removed or moved meanwhile and another takes its name.
class Folder {
 public:
  explicit Folder(const fs::path& file)
      : path_(file.has_parent_path() ? file.parent_path() : fs::path(".")),
        fd_(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    if (!fd_) fail("create", file);
  }
  int fd() const { return fd_.get(); }
  /// fsync of a file does not make its name durable: that is in the folder.
  void sync() const {
    if (::fsync(fd_.get()) != 0) fail("sync the folder", path_);
  }

 private:
  fs::path path_;
  UniqueFd fd_;
};

/// Removes the temporary file unless it has been renamed into place. Its users catch what is thrown
/// and throw it on: where nobody above catches it, nothing would be destroyed.
class TemporaryFile {
 public:
  /// That will be `target`, whose folder must outlive this.
  TemporaryFile(const Folder& folder, const fs::path& target)
      : folder_(folder), target_(target), name_(target.filename().string() + ".tmp") {
    // One may be left of a writer that was killed; O_EXCL would refuse it.
    ::unlinkat(folder_.fd(), name_.c_str(), 0);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (!renamed_) ::unlinkat(folder_.fd(), name_.c_str(), 0);
  }

  const char* name() const { return name_.c_str(); }
  void rename_into_place() {
    const int folder = folder_.fd();
    if (::renameat(folder, name(), folder, target_.filename().c_str()) != 0) {
      fail("rename into place", target_);
    }
    renamed_ = true;
  }

 private:
  const Folder& folder_;
  fs::path target_;
  std::string name_;
  bool renamed_ = false;
};

void write_all(int fd, const void* data, std::size_t size_bytes, const fs::path& path) {
  const char* next = static_cast<const char*>(data);
  while (size_bytes > 0) {
    const ssize_t written = ::write(fd, next, size_bytes);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("write", path);
    next += written;
    size_bytes -= static_cast<std::size_t>(written);
  }
}

enum class Durability { kSurvivesCrash, kNone };

void replace_file(const fs::path& path, Durability durability,
                  const std::function<void(const WriteBytes& write)>& fill) try {
  const Folder folder(path);
  TemporaryFile temporary(folder, path);
  UniqueFd fd(
      ::openat(folder.fd(), temporary.name(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (!fd) fail("create", path);
  fill([&](const void* data, std::size_t size) { write_all(fd.get(), data, size, path); });
  const bool is_synced = durability == Durability::kSurvivesCrash;
  if (is_synced && ::fsync(fd.get()) != 0) fail("sync", path);
  // Network file systems report a full disk only here.
  if (::close(fd.release()) != 0) fail("close", path);
  temporary.rename_into_place();
  if (is_synced) folder.sync();
} catch (...) {
  throw;
}

}  // namespace

void write_file_atomically(const fs::path& path,
                           const std::function<void(const WriteBytes& write)>& fill) {
  replace_file(path, Durability::kSurvivesCrash, fill);
}

void write_file_atomically(const fs::path& path, std::string_view content) {
  write_file_atomically(path,
                        [&](const WriteBytes& write) { write(content.data(), content.size()); });
}

void write_file_whole(const fs::path& path, std::string_view content) {
  replace_file(path, Durability::kNone,
               [&](const WriteBytes& write) { write(content.data(), content.size()); });
}

void replace_symlink_atomically(const fs::path& link, const std::string& target) try {
  const Folder folder(link);
  TemporaryFile temporary(folder, link);
  if (::symlinkat(target.c_str(), folder.fd(), temporary.name()) != 0) fail("create", link);
  temporary.rename_into_place();
  folder.sync();
} catch (...) {
  throw;
}

}  // namespace dplaunch
