// Preloaded into the ranks (LD_PRELOAD): what a process writes into TCP connections goes at 2 MB/s.
#include <dlfcn.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>

namespace {

constexpr std::int64_t kNsPerByte = 500;

bool is_tcp(int fd) {
  int domain = 0;
  socklen_t size = sizeof domain;
  return ::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 &&
         (domain == AF_INET || domain == AF_INET6);
}

ssize_t paced(int fd, ssize_t written) {
  if (written > 0 && is_tcp(fd)) {
    const std::int64_t ns = written * kNsPerByte;
    const timespec pause{ns / 1'000'000'000, ns % 1'000'000'000};
    ::nanosleep(&pause, nullptr);
  }
  return written;
}

template <typename Function>
Function* real(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

ssize_t writev(int fd, const iovec* parts, int count) {
  static auto* const original = real<ssize_t(int, const iovec*, int)>("writev");
  return paced(fd, original(fd, parts, count));
}

ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  static auto* const original = real<ssize_t(int, const msghdr*, int)>("sendmsg");
  return paced(fd, original(fd, message, flags));
}

ssize_t send(int fd, const void* data, size_t size, int flags) {
  static auto* const original = real<ssize_t(int, const void*, size_t, int)>("send");
  return paced(fd, original(fd, data, size, flags));
}

}  // extern "C"
