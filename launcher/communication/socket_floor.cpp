#include "launcher/communication/socket_floor.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <thread>
#include <vector>

#include "base/files/unique_fd.h"
#include "base/monotonic_clock.h"

namespace dplaunch {
namespace {

constexpr std::size_t kChunkBytes = 256 << 10;
/// More than the processor's caches hold together is not needed: Gloo's data is fresh in them, too.
constexpr std::size_t kExchangedBytes = 48 << 20;

/// Sends and takes so many bytes, whichever the other end is ready for. False if it is gone.
bool exchange(int fd) {
  std::vector<char> sent(kChunkBytes);
  std::vector<char> taken(kChunkBytes);
  std::size_t to_send = kExchangedBytes;
  std::size_t to_take = kExchangedBytes;
  while (to_send > 0 || to_take > 0) {
    pollfd end{fd, static_cast<short>((to_send > 0 ? POLLOUT : 0) | (to_take > 0 ? POLLIN : 0)), 0};
    if (::poll(&end, 1, -1) < 0) return false;
    if ((end.revents & POLLIN) != 0) {
      const ssize_t bytes = ::recv(fd, taken.data(), taken.size(), MSG_DONTWAIT);
      if (bytes <= 0) return false;
      to_take -= static_cast<std::size_t>(bytes);
    } else if ((end.revents & POLLOUT) != 0) {
      const ssize_t bytes =
          ::send(fd, sent.data(), std::min(sent.size(), to_send), MSG_DONTWAIT | MSG_NOSIGNAL);
      if (bytes > 0) to_send -= static_cast<std::size_t>(bytes);
    } else {
      return false;
    }
  }
  return true;
}

/// 0 if there is none.
double exchange_bytes_per_second() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) return 0;
  UniqueFd mine(ends[0]);
  UniqueFd others(ends[1]);
  const std::int64_t start_ns = monotonic_ns();
  bool is_whole = false;
  std::thread other([&others] {
    exchange(others.get());
    others.reset();  // so that this thread does not wait for one that failed
  });
  is_whole = exchange(mine.get());
  mine.reset();
  other.join();
  const double seconds = static_cast<double>(monotonic_ns() - start_ns) * 1e-9;
  return is_whole ? static_cast<double>(kExchangedBytes) / seconds : 0;
}

}  // namespace

LinkExpectation socket_floor(int ranks, int usable_cores) {
  const double rate = exchange_bytes_per_second();
  if (rate <= 0) return {};
  // The two threads had two cores, or shared the one that there is.
  const double share = std::min(1.0, static_cast<double>(std::max(usable_cores, 2)) / ranks);
  return {LinkKind::kFloor, rate * share,
          "a pair of Unix sockets on this host, measured before and after"};
}

}  // namespace dplaunch
