#include "launcher/process/rendezvous_socket.h"

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

}  // namespace

RendezvousSocket RendezvousSocket::listen(bool is_for_other_hosts, int port) {
  return RendezvousSocket(is_for_other_hosts, port, true);
}

RendezvousSocket RendezvousSocket::reserve(bool is_for_other_hosts, int port) {
  return RendezvousSocket(is_for_other_hosts, port, false);
}

RendezvousSocket::RendezvousSocket(bool is_for_other_hosts, int port, bool is_listening)
    : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), is_listening_(is_listening) {
  if (!socket_) throw socket_error("open", port, errno);
  // A listening socket takes it too: the last job's connections may still be in TIME_WAIT.
  const int yes = 1;
  if (::setsockopt(socket_.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0) {
    throw socket_error("prepare", port, errno);
  }
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(static_cast<std::uint16_t>(port));
  where.sin_addr.s_addr = htonl(is_for_other_hosts ? INADDR_ANY : INADDR_LOOPBACK);
  socklen_t length = sizeof where;
  auto* generic = reinterpret_cast<sockaddr*>(&where);
  if (::bind(socket_.get(), generic, length) != 0) throw socket_error("bind", port, errno);
  if (is_listening && ::listen(socket_.get(), SOMAXCONN) != 0) {
    throw socket_error("listen on", port, errno);
  }
  if (::getsockname(socket_.get(), generic, &length) != 0) throw socket_error("name", port, errno);
  port_ = ntohs(where.sin_port);
}

void RendezvousSocket::hand_over() {
  if (is_listening_) socket_.reset();
}

}  // namespace dplaunch
