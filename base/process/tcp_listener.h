#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>

namespace dplaunch {

/// A socket that takes TCP connections on this host.
struct TcpListener {
  uid_t user = 0;           ///< that made it
  std::uint32_t inode = 0;  ///< its number, see holds_socket()
};

/// Who takes connections to `port` of 127.0.0.1, on that address or on all of them; nullopt if
/// nobody does, or where the kernel does not tell. One look-up in the kernel's table of listening
/// sockets: /proc/net/tcp costs milliseconds, however little there is in it.
std::optional<TcpListener> tcp_listener(int port);

enum class HoldsSocket { kNo, kYes, kUnknown };

/// Whether the process has the socket `inode` open; unknown if its descriptors may not be seen.
HoldsSocket holds_socket(pid_t pid, std::uint32_t inode);

}  // namespace dplaunch
