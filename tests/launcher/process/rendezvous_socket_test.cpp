#include "launcher/process/rendezvous_socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "common/error.h"

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

TEST(RendezvousSocket, TakesConnectionsBeforeAnybodyServesThem) {
  const RendezvousSocket socket("127.0.0.1", 0);
  EXPECT_GT(socket.port(), 0);
  EXPECT_TRUE(can_connect(socket.port()));
}

TEST(RendezvousSocket, IsNotInheritedUnasked) {
  const RendezvousSocket socket("127.0.0.1", 0);
  EXPECT_EQ(::fcntl(socket.fd(), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}

TEST(RendezvousSocket, NamesThePortThatIsTaken) {
  const RendezvousSocket first("127.0.0.1", 0);
  try {
    const RendezvousSocket second("127.0.0.1", first.port());
    FAIL() << "two sockets on one port";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kRendezvous);
    EXPECT_NE(std::string(error.what()).find(std::to_string(first.port())), std::string::npos);
  }
}

TEST(RendezvousSocket, RejectsAnAddressOfAnotherHost) {
  EXPECT_THROW(RendezvousSocket("192.0.2.1", 0), Error);  // TEST-NET-1 of RFC 5737
  EXPECT_THROW(RendezvousSocket("no address", 0), Error);
}

}  // namespace
}  // namespace dplaunch
