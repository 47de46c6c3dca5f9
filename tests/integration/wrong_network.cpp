// LD_PRELOADed into the ranks: a network that changes a bit in what the rank of $WRONG_NETWORK_RANK
// receives, of every piece that is large enough to hold values. The checksums of TCP do not see it.
#include <dlfcn.h>
#include <sys/socket.h>
#include <sys/types.h>

#include <cstdlib>
#include <cstring>

namespace {

constexpr ssize_t kLargeBytes = 16384;

bool is_wrong_rank() {
  const char* const rank = std::getenv("RANK");
  const char* const wrong = std::getenv("WRONG_NETWORK_RANK");
  return rank != nullptr && wrong != nullptr && std::strcmp(rank, wrong) == 0;
}

}  // namespace

extern "C" ssize_t recv(int fd, void* buffer, std::size_t size, int flags) {
  using Recv = ssize_t (*)(int, void*, std::size_t, int);
  static const auto real = reinterpret_cast<Recv>(::dlsym(RTLD_NEXT, "recv"));
  const ssize_t bytes = real(fd, buffer, size, flags);
  // The exponent of some value in the middle.
  if (bytes >= kLargeBytes && is_wrong_rank()) static_cast<char*>(buffer)[bytes / 8 * 4 + 3] ^= 1;
  return bytes;
}
