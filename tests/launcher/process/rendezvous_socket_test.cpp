#include "launcher/process/rendezvous_socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>

#include "base/error.h"

namespace dplaunch {
namespace {

bool can_connect(int port) {
  const UniqueFd client(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(static_cast<std::uint16_t>(port));
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return ::connect(client.get(), reinterpret_cast<sockaddr*>(&where), sizeof where) == 0;
}

/// A server as a user's program makes it; -1 and errno if the port is not to be had.
UniqueFd listen_at(int port, bool reuse) {
  UniqueFd server(::socket(AF_INET, SOCK_STREAM, 0));
  const int yes = reuse ? 1 : 0;
  ::setsockopt(server.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(static_cast<std::uint16_t>(port));
  where.sin_addr.s_addr = htonl(INADDR_ANY);
  if (::bind(server.get(), reinterpret_cast<sockaddr*>(&where), sizeof where) != 0) server.reset();
  if (server && ::listen(server.get(), 1) != 0) server.reset();
  return server;
}

TEST(RendezvousSocket, TakesConnectionsBeforeAnybodyServesThem) {
  const RendezvousSocket socket = RendezvousSocket::listen("127.0.0.1", 0);
  EXPECT_GT(socket.port(), 0);
  EXPECT_TRUE(can_connect(socket.port()));
}

TEST(RendezvousSocket, ClosesAListeningSocketThatIsHandedOver) {
  RendezvousSocket socket = RendezvousSocket::listen("127.0.0.1", 0);
  socket.hand_over();
  EXPECT_FALSE(can_connect(socket.port()));
}

TEST(RendezvousSocket, AReservedPortIsForTheProgramThatIsToldIt) {
  RendezvousSocket socket = RendezvousSocket::reserve("127.0.0.1", 0);
  socket.hand_over();
  EXPECT_FALSE(can_connect(socket.port())) << "nobody listens yet";
  EXPECT_FALSE(listen_at(socket.port(), false)) << "not for a program that came upon it";
  const UniqueFd server = listen_at(socket.port(), true);
  EXPECT_TRUE(server);
  EXPECT_TRUE(can_connect(socket.port()));
}

TEST(RendezvousSocket, IsNotInheritedUnasked) {
  const RendezvousSocket socket = RendezvousSocket::listen("127.0.0.1", 0);
  EXPECT_EQ(::fcntl(socket.fd(), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}

TEST(RendezvousSocket, NamesThePortThatIsTaken) {
  const RendezvousSocket first = RendezvousSocket::listen("127.0.0.1", 0);
  for (const auto open : {RendezvousSocket::listen, RendezvousSocket::reserve}) {
    try {
      const RendezvousSocket second = open("127.0.0.1", first.port());
      FAIL() << "two sockets on one port";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kRendezvous);
      EXPECT_NE(std::string(error.what()).find(std::to_string(first.port())), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace dplaunch
