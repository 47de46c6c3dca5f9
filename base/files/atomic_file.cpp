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

fs::path folder_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

/// Removes the temporary file unless it has been renamed into place.
class TemporaryFile {
 public:
  explicit TemporaryFile(const fs::path& path) : path_(path) {
    path_ += ".tmp";
    // One may be left of a writer that was killed; O_EXCL would refuse it.
    ::unlink(path_.c_str());
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (!renamed_) ::unlink(path_.c_str());
  }

  const fs::path& path() const { return path_; }
  void rename_to(const fs::path& target) {
    if (::rename(path_.c_str(), target.c_str()) != 0) fail("rename into place", target);
    renamed_ = true;
  }

 private:
  fs::path path_;
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

/// fsync of a file does not make its name durable: that is in the folder.
void sync_folder(const fs::path& folder) {
  const UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) fail("sync the folder", folder);
}

enum class Durability { kSurvivesCrash, kNone };

void replace_file(const fs::path& path, Durability durability,
                  const std::function<void(const WriteBytes& write)>& fill) {
  TemporaryFile temporary(path);
  UniqueFd fd(::open(temporary.path().c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (!fd) fail("create", path);
  fill([&](const void* data, std::size_t size) { write_all(fd.get(), data, size, path); });
  const bool is_synced = durability == Durability::kSurvivesCrash;
  if (is_synced && ::fsync(fd.get()) != 0) fail("sync", path);
  // Network file systems report a full disk only here.
  if (::close(fd.release()) != 0) fail("close", path);
  temporary.rename_to(path);
  if (is_synced) sync_folder(folder_of(path));
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

void replace_symlink_atomically(const fs::path& link, const std::string& target) {
  TemporaryFile temporary(link);
  if (::symlink(target.c_str(), temporary.path().c_str()) != 0) fail("create", link);
  temporary.rename_to(link);
  sync_folder(folder_of(link));
}

}  // namespace dplaunch
