#include "base/process/descriptors.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace dplaunch {
namespace {

/// CLOSE_RANGE_CLOEXEC, which older headers do not have.
constexpr unsigned kOnExec = 4;

void close_one(int fd, bool on_exec) {
  if (on_exec) {
    ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  } else {
    ::close(fd);
  }
}

/// -1 for "." and "..".
int descriptor_in(const char* name) {
  int number = 0;
  for (; *name != '\0'; ++name) {
    if (*name < '0' || *name > '9') return -1;
    number = 10 * number + (*name - '0');
  }
  return number;
}

/// As getdents64(2) describes its entries: d_ino and d_off of 8 bytes, d_reclen of 2, d_type of 1.
constexpr std::size_t kLengthAt = 16;
constexpr std::size_t kNameAt = 19;

/// False if /proc is not there.
bool close_those_listed(int first, bool on_exec) {
  const int folder = ::open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return false;
  alignas(8) char entries[4096];
  for (;;) {
    const auto bytes = ::syscall(SYS_getdents64, folder, entries, sizeof entries);
    if (bytes <= 0) break;
    for (long at = 0; at < bytes;) {
      const char* entry = entries + at;
      const int fd = descriptor_in(entry + kNameAt);
      if (fd >= first && fd != folder) close_one(fd, on_exec);
      std::uint16_t length = 0;
      std::memcpy(&length, entry + kLengthAt, sizeof length);
      at += length;
    }
  }
  ::close(folder);
  return true;
}

void close_each(int first, bool on_exec) {
  if (close_those_listed(first, on_exec)) return;
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  for (int fd = first; static_cast<rlim_t>(fd) < limit.rlim_cur; ++fd) close_one(fd, on_exec);
}

}  // namespace

void close_from(int first) {
  if (::syscall(SYS_close_range, first, ~0U, 0) != 0) close_each(first, false);
}

void close_on_exec_from(int first) {
  if (::syscall(SYS_close_range, first, ~0U, kOnExec) != 0) close_each(first, true);
}

}  // namespace dplaunch
