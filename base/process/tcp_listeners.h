#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

namespace dplaunch {

/// A socket that takes TCP connections on this host.
struct TcpListener {
  uid_t user = 0;           ///< that made it
  std::uint64_t inode = 0;  ///< its number, see holds_socket()
};

/// Those on `port`, of IPv4 and IPv6, whoever has them; empty where /proc does not tell.
std::vector<TcpListener> tcp_listeners(int port);

enum class HoldsSocket { kNo, kYes, kUnknown };

/// Whether the process has the socket `inode` open; unknown if its descriptors may not be seen.
HoldsSocket holds_socket(pid_t pid, std::uint64_t inode);

}  // namespace dplaunch
