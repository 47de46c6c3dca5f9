#include "base/files/read_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/error.h"

namespace dplaunch {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& path, ExitCode code, int error_number) {
  throw system_error(code, path.string() + ": cannot read it", error_number);
}

struct stat status_of(int fd, const fs::path& path, ExitCode code) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) fail(path, code, errno);
  return status;
}

const char* kind_of(mode_t mode) {
  if (S_ISDIR(mode)) return "a folder";
  if (S_ISFIFO(mode)) return "a FIFO";
  if (S_ISSOCK(mode)) return "a socket";
  return "a device";
}

[[noreturn]] void throw_too_large(const fs::path& path, std::size_t max_bytes, ExitCode code) {
  throw Error(code, path.string() + ": cannot read it: it has more than the " +
                        std::to_string(max_bytes) + " bytes that such a file may have");
}

/// Not by the file's length alone: it may grow, and those below /proc say 0.
std::string read_all(int fd, const fs::path& path, std::size_t max_bytes, ExitCode code) {
  constexpr std::size_t kPieceBytes = 65536;
  const struct stat status = status_of(fd, path, code);
  const auto expected_bytes =
      S_ISREG(status.st_mode) ? static_cast<std::size_t>(status.st_size) : std::size_t{0};
  if (expected_bytes > max_bytes) throw_too_large(path, max_bytes, code);
  std::string content;
  content.reserve(expected_bytes + 1);  // the end is found without a larger piece of memory
  while (true) {
    const std::size_t size_bytes = content.size();
    content.resize(content.capacity() > size_bytes ? content.capacity() : size_bytes + kPieceBytes);
    const ssize_t got = ::read(fd, content.data() + size_bytes, content.size() - size_bytes);
    const int error_number = errno;
    content.resize(size_bytes + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got < 0 && error_number != EINTR) fail(path, code, error_number);
    if (got == 0) return content;
    if (content.size() > max_bytes) throw_too_large(path, max_bytes, code);
  }
}

}  // namespace

UniqueFd open_if_there(const fs::path& path, ExitCode code) {
  // Without O_NONBLOCK a FIFO would be waited for before its kind can be asked; without O_NOCTTY a
  // terminal would become ours.
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!fd && (errno == ENOENT || errno == ENOTDIR)) return {};
  if (!fd) fail(path, code, errno);
  const mode_t mode = status_of(fd.get(), path, code).st_mode;
  if (S_ISREG(mode)) return fd;
  throw Error(code, path.string() + ": cannot read it: it is " + kind_of(mode) + ", not a file");
}

UniqueFd open_to_read(const fs::path& path, ExitCode code) {
  UniqueFd fd = open_if_there(path, code);
  if (!fd) fail(path, code, ENOENT);
  return fd;
}

std::optional<std::string> read_file(const fs::path& path, std::size_t max_bytes, ExitCode code) {
  const UniqueFd fd = open_if_there(path, code);
  if (!fd) return std::nullopt;
  return read_all(fd.get(), path, max_bytes, code);
}

std::string read_named_by_user(const fs::path& path, std::size_t max_bytes, ExitCode code) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_NOCTTY | O_CLOEXEC));
  if (!fd) fail(path, code, errno);
  return read_all(fd.get(), path, max_bytes, code);
}

std::size_t read_at(int fd, std::size_t offset, void* to, std::size_t size_bytes,
                    const fs::path& path, ExitCode code) {
  std::size_t done_bytes = 0;
  while (done_bytes < size_bytes) {
    const ssize_t got = ::pread(fd, static_cast<char*>(to) + done_bytes, size_bytes - done_bytes,
                                static_cast<off_t>(offset + done_bytes));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(path, code, errno);
    if (got == 0) break;
    done_bytes += static_cast<std::size_t>(got);
  }
  return done_bytes;
}

}  // namespace dplaunch
