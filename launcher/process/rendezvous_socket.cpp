#include "launcher/process/rendezvous_socket.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdint>

#include "base/error.h"

namespace dplaunch {
namespace {

Error socket_error(const std::string& action, int port, int error) {
  return system_error(
      ExitCode::kRendezvous,
      fmt::format("cannot {} the rendezvous socket on port {}", action, port), error,
      error == EADDRINUSE ? "another program listens there; leave the port out, or choose another"
                          : "");
}

/// Of IPv4 or IPv6.
union SocketAddress {
  sockaddr_in6 v6{};
  sockaddr_in v4;

  int family() const { return v6.sin6_family; }
  sockaddr* generic() { return reinterpret_cast<sockaddr*>(this); }
  socklen_t length() const { return family() == AF_INET6 ? sizeof v6 : sizeof v4; }
  int port() const { return ntohs(v6.sin6_port); }  // at the same place in both
};

/// All of this host for a text that is no address.
SocketAddress socket_address(const std::string& address, int port) {
  SocketAddress where;
  if (::inet_pton(AF_INET6, address.c_str(), &where.v6.sin6_addr) == 1) {
    where.v6.sin6_family = AF_INET6;
  } else {
    where.v6.sin6_family = AF_INET;
    if (::inet_pton(AF_INET, address.c_str(), &where.v4.sin_addr) != 1) {
      where.v4.sin_addr.s_addr = htonl(INADDR_ANY);
    }
  }
  where.v6.sin6_port = htons(static_cast<std::uint16_t>(port));
  return where;
}

}  // namespace

RendezvousSocket RendezvousSocket::listen(const std::string& address, int port) {
  return RendezvousSocket(address, port, true);
}

RendezvousSocket RendezvousSocket::reserve(const std::string& address, int port) {
  return RendezvousSocket(address, port, false);
}

RendezvousSocket::RendezvousSocket(const std::string& address, int port, bool is_listening)
    : is_listening_(is_listening) {
  SocketAddress where = socket_address(address, port);
  socket_.reset(::socket(where.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket_) throw socket_error("open", port, errno);
  // A listening socket takes it too: the last job's connections may still be in TIME_WAIT.
  const int yes = 1;
  if (::setsockopt(socket_.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0) {
    throw socket_error("prepare", port, errno);
  }
  int result = ::bind(socket_.get(), where.generic(), where.length());
  if (result != 0 && errno == EADDRNOTAVAIL) {
    where = socket_address(where.family() == AF_INET6 ? "::" : "0.0.0.0", port);
    result = ::bind(socket_.get(), where.generic(), where.length());
  }
  if (result != 0) throw socket_error("bind", port, errno);
  if (is_listening && ::listen(socket_.get(), SOMAXCONN) != 0) {
    throw socket_error("listen on", port, errno);
  }
  socklen_t length = where.length();
  if (::getsockname(socket_.get(), where.generic(), &length) != 0) {
    throw socket_error("name", port, errno);
  }
  port_ = where.port();
}

void RendezvousSocket::hand_over() {
  if (is_listening_) socket_.reset();
}

}  // namespace dplaunch
