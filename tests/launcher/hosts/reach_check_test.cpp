// Whether hosts reach each other: real sockets on the loopback.
#include "launcher/hosts/reach_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/files/unique_fd.h"
#include "launcher/hosts/rank_network.h"
#include "launcher/hosts/reach_test.h"

namespace dplaunch {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kHere[] = "127.0.0.1";

/// Bound to a port of its own; connections come about without anybody who accepts them.
class SilentServer {
 public:
  SilentServer() {
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof where;
    auto* generic = reinterpret_cast<sockaddr*>(&where);
    EXPECT_EQ(::bind(socket_.get(), generic, length), 0);
    EXPECT_EQ(::getsockname(socket_.get(), generic, &length), 0);
    port_ = ntohs(where.sin_port);
  }
  void listen() { EXPECT_EQ(::listen(socket_.get(), 4), 0); }
  int port() const { return port_; }

 private:
  UniqueFd socket_{::socket(AF_INET, SOCK_STREAM, 0)};
  int port_ = 0;
};

TEST(ReachTest, TellsWhoAnswersFromWhoDoesNot) {
  SilentServer refusing;
  SilentServer silent;
  silent.listen();
  ReachTest first(kHere, "the first");
  ReachTest second(kHere, "the second");
  EXPECT_THAT(second.meet({{kHere, first.port(), "the first"}}, std::chrono::seconds(30)),
              ElementsAre(""));
  EXPECT_THAT(first.meet({{kHere, second.port(), "the second"},
                          {kHere, second.port(), "some other"},
                          {kHere, refusing.port(), "the third"},
                          {"nowhere", 1, "the fourth"},
                          {kHere, silent.port(), "the fifth"}},
                         milliseconds(300)),
              ElementsAre("", "another program answers there", "Connection refused",
                          "Invalid argument", "it does not answer within 0.3 s"));
  EXPECT_THAT(first.meet({}, milliseconds(1)), ElementsAre());
}

TEST(ReachCheck, FewHostsMeetAllAndManyTheirNeighboursAndHost0) {
  EXPECT_THAT(hosts_to_reach(0, 2), ElementsAre(1));
  EXPECT_THAT(hosts_to_reach(3, 8), ElementsAre(0, 1, 2, 4, 5, 6, 7));
  EXPECT_THAT(hosts_to_reach(0, 9), ElementsAre(1, 2, 3));
  EXPECT_THAT(hosts_to_reach(4, 9), ElementsAre(0, 5, 6, 7));
  EXPECT_THAT(hosts_to_reach(8, 9), ElementsAre(0, 1, 2));
}

std::string named(bool uses_gpus, const std::map<std::string, std::string>& variables) {
  return named_interface(uses_gpus, [&](const std::string& name) {
    const auto found = variables.find(name);
    return found != variables.end() ? std::optional(found->second) : std::nullopt;
  });
}

TEST(NamedInterface, IsGloosOnTheCpuAndFirstNcclsOnGpus) {
  EXPECT_EQ(named(false, {}), "");
  EXPECT_EQ(named(false, {{"GLOO_SOCKET_IFNAME", "eth1,eth2"}}), "eth1");
  EXPECT_EQ(named(false, {{"NCCL_SOCKET_IFNAME", "ib0"}}), "");
  EXPECT_EQ(named(true, {{"NCCL_SOCKET_IFNAME", "=ib0,eth1"}, {"GLOO_SOCKET_IFNAME", "eth1"}}),
            "ib0");
  EXPECT_EQ(named(true, {{"GLOO_SOCKET_IFNAME", "eth1"}}), "eth1");
  // Beginnings of names, and names that are excluded.
  EXPECT_EQ(named(true, {{"NCCL_SOCKET_IFNAME", "l"}}), "lo");
  EXPECT_EQ(named(true, {{"NCCL_SOCKET_IFNAME", "^docker,lo"}}), "");
}

TEST(RankNetwork, IsTheInterfaceThatIsNamedOrThatHasTheAddress) {
  EXPECT_EQ(rank_network("", kHere).interface, "lo");
  EXPECT_EQ(rank_network("lo", "192.0.2.1").address, kHere);
  EXPECT_EQ(rank_network("", "192.0.2.1").address, "192.0.2.1") << "no interface has it";
  try {
    rank_network("eth77", kHere);
    FAIL() << "there is none of that name";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kUsage);
    EXPECT_THAT(error.what(), HasSubstr("\"eth77\""));
    EXPECT_THAT(error.what(), HasSubstr("there are: lo"));
  }
}

}  // namespace
}  // namespace dplaunch
