#include "common/torchrun_values.h"

#include <gtest/gtest.h>

namespace dplaunch {
namespace {

// torch/distributed/elastic/rendezvous/utils.py, parse_rendezvous_endpoint() takes the same of
// these the same way.
TEST(HostEndpoint, IsAHostAndPerhapsAPort) {
  struct EndpointCase {
    const char* text;
    const char* host;
    std::optional<int> port;
  };
  for (const auto& [text, host, port] :
       {EndpointCase{"node0", "node0", {}}, EndpointCase{"node0:29400", "node0", 29400},
        EndpointCase{"localhost:0", "localhost", 0},
        EndpointCase{"10.0.0.1:65535", "10.0.0.1", 65535},
        EndpointCase{"[fd00::1]:2345", "fd00::1", 2345}, EndpointCase{"[fd00::1]", "fd00::1", {}},
        EndpointCase{"job-worker-0.ns.svc:23456", "job-worker-0.ns.svc", 23456}}) {
    const auto endpoint = parse_endpoint(text);
    ASSERT_TRUE(endpoint) << text;
    EXPECT_EQ(endpoint->host, host) << text;
    EXPECT_EQ(endpoint->port, port) << text;
  }
}

TEST(HostEndpoint, AnIpv6AddressWithoutBracketsHasNoPort) {
  EXPECT_EQ(parse_endpoint("fd00::1").value().host, "fd00::1");
  EXPECT_FALSE(parse_endpoint("fd00::1").value().port);
}

TEST(HostEndpoint, WhatIsNoHostOrNoPortIsNone) {
  for (const char* text : {"", ":29400", "[]", "[]:1", "[fd00::1", "[fd00::1]2345", "h:", "h:port",
                           "h:-1", "h:65536", "http://h", "h: 1", "h:29400x"}) {
    EXPECT_FALSE(parse_endpoint(text)) << text;
  }
}

TEST(HostCount, IsANumberOrARange) {
  EXPECT_EQ(parse_host_count("4").value().least, 4);
  EXPECT_EQ(parse_host_count("4").value().most, 4);
  EXPECT_EQ(parse_host_count("1:4").value().least, 1);
  EXPECT_EQ(parse_host_count("1:4").value().most, 4);
  for (const char* text : {"", ":", "1:", ":4", "0", "0:2", "4:2", "1:2:3", "two", "-1"}) {
    EXPECT_FALSE(parse_host_count(text)) << text;
  }
}

}  // namespace
}  // namespace dplaunch
