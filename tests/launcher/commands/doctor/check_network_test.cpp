#include "launcher/commands/doctor/check_network.h"

#include "tests/launcher/commands/doctor/judge.h"

namespace dplaunch::doctor {
namespace {

using testing::expect_rows;

NetworkFacts healthy_network() {
  NetworkFacts facts;
  facts.host_name = "node7";
  facts.addresses = {"192.0.2.7", "127.0.1.1", "2001:db8::7"};
  facts.own_addresses = {"127.0.0.1", "192.0.2.7", "::1", "2001:db8::7"};
  return facts;
}

TEST(Doctor, JudgesTheHostName) {
  using Facts = NetworkFacts;
  expect_rows<Facts>(
      healthy_network(), check_host_name,
      {{"does not resolve",
        [](Facts& f) {
          f.addresses.clear();
          f.resolve_problem = "Name or service not known";
        },
        Severity::kWarn, "node7 does not resolve: Name or service not known", "127.0.1.1 node7"},
       {"of another machine",
        [](Facts& f) {
          f.addresses = {"192.0.2.7", "198.51.100.1"};
        },
        Severity::kWarn, "node7 resolves to 198.51.100.1, which is no address of this machine",
        "--master-addr an address out of 127.0.0.1, 192.0.2.7"},
       {"slow", [](Facts& f) { f.resolve_ms = 5000; }, Severity::kWarn, "5000 ms",
        "/etc/resolv.conf"},
       {"slow loopback", [](Facts& f) { f.loopback_name_ms = 10010; }, Severity::kWarn, "10010 ms",
        "::ffff:127.0.0.1 localhost"}});
  NetworkFacts local = healthy_network();
  local.addresses = {"127.0.1.1"};
  EXPECT_THAT(check_host_name(local).at(0).finding, ::testing::HasSubstr("only this machine"));
}

TEST(Doctor, JudgesPorts) {
  using Facts = NetworkFacts;
  expect_rows<Facts>(
      healthy_network(), check_ports,
      {{"no loopback", [](Facts& f) { f.loopback_problem = "connect: Network is unreachable"; },
        Severity::kFail, "connect: Network is unreachable", "ip link set lo up"},
       {"29500", [](Facts& f) { f.is_usual_port_free = false; }, Severity::kNote, "--nnodes",
        "--master-port"}});
}

}  // namespace
}  // namespace dplaunch::doctor
