#include "launcher/process/rendezvous_socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>

#include "common/error.h"

namespace dplaunch {
namespace {

Error socket_error(const std::string& action, const std::string& address, int port, int error) {
  std::string hint;
  if (error == EADDRINUSE) hint = "another program listens there; leave the port out (or 0)";
  if (error == EADDRNOTAVAIL) hint = "the address must be one of this host";
  return system_error(
      ExitCode::kRendezvous,
      "cannot " + action + " the rendezvous socket at " + address + ":" + std::to_string(port),
      error, hint);
}

}  // namespace

RendezvousSocket::RendezvousSocket(const std::string& address, int port)
    : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  if (!socket_) throw socket_error("open", address, port, errno);
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(static_cast<std::uint16_t>(port));
  if (::inet_pton(AF_INET, address.c_str(), &where.sin_addr) != 1) {
    throw socket_error("bind", address, port, EINVAL);
  }
  socklen_t length = sizeof where;
  auto* generic = reinterpret_cast<sockaddr*>(&where);
  if (::bind(socket_.get(), generic, length) != 0) throw socket_error("bind", address, port, errno);
  if (::listen(socket_.get(), SOMAXCONN) != 0) {
    throw socket_error("listen on", address, port, errno);
  }
  if (::getsockname(socket_.get(), generic, &length) != 0) {
    throw socket_error("name", address, port, errno);
  }
  port_ = ntohs(where.sin_port);
}

}  // namespace dplaunch
