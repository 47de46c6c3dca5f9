#include "launcher/process/port_watch.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "base/files/unique_fd.h"
#include "launcher/process/rendezvous_socket.h"

namespace dplaunch {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// As PyTorch's store does it: on all interfaces, of IPv6 and IPv4.
UniqueFd listen_on(int port) {
  UniqueFd server(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int yes = 1;
  ::setsockopt(server.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in6 where{};
  where.sin6_family = AF_INET6;
  where.sin6_port = htons(static_cast<std::uint16_t>(port));
  EXPECT_EQ(::bind(server.get(), reinterpret_cast<sockaddr*>(&where), sizeof where), 0);
  EXPECT_EQ(::listen(server.get(), 1), 0);
  return server;
}

class PortWatchTest : public ::testing::Test {
 protected:
  boost::asio::io_context io_{1};
  const RendezvousSocket reserved_ = RendezvousSocket::reserve("127.0.0.1", 0);
  const ProcessMark job_ = ProcessMark::unique();
  PortWatch watch_{io_, job_};
};

TEST_F(PortWatchTest, NamesAStrangerWithItsProcess) {
  std::string told;
  watch_.start(reserved_.port(), [&](const std::string& who) { told = who; });
  watch_.look();
  EXPECT_THAT(told, IsEmpty()) << "a port that is kept is nobody's yet";
  const UniqueFd server = listen_on(reserved_.port());
  io_.run();  // until the question is settled
  EXPECT_THAT(told, HasSubstr("port " + std::to_string(reserved_.port())));
  EXPECT_THAT(told, HasSubstr("process " + std::to_string(::getpid()) + " ("));
  EXPECT_EQ(watch_.stranger(), told);
}

TEST_F(PortWatchTest, KnowsAProcessOfTheJob) {
  job_.put_on_this_process();
  watch_.start(reserved_.port(), [](const std::string& who) { FAIL() << who; });
  const UniqueFd server = listen_on(reserved_.port());
  io_.run();
  EXPECT_THAT(watch_.stranger(), IsEmpty());
}

TEST_F(PortWatchTest, HasNothingToDoWithoutAPort) {
  watch_.start(0, [](const std::string& who) { FAIL() << who; });
  io_.run();
  watch_.look();
}

}  // namespace
}  // namespace dplaunch
