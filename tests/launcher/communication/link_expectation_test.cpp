#include "launcher/communication/link_expectation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "launcher/communication/socket_floor.h"

namespace dplaunch {
namespace {

using ::testing::HasSubstr;

TEST(NamedLink, ReadsBitsAndBytes) {
  const std::vector<std::pair<const char*, double>> rates = {
      {"100Mbit", 12.5e6},  {"200Gb", 25e9},  {"10Gbps", 1.25e9},
      {"2.5Gbit", 312.5e6}, {"1.5GB", 1.5e9}, {"12MB/s", 12e6}};
  for (const auto& [text, rate] : rates) {
    EXPECT_DOUBLE_EQ(named_link(text).bytes_per_second, rate) << text;
    EXPECT_EQ(named_link(text).origin, std::string("--link ") + text);
  }
  for (const char* text :
       {"", "100", "Gbit", "0Gbit", "-1Gbit", "1e3Gbit", "100 Mbit", "5furlongs"}) {
    EXPECT_THROW(named_link(text), Error) << text;
  }
}

DeviceSelection gpus(int count) {
  DeviceSelection selection;
  for (int i = 0; i < count; ++i) {
    selection.gpus.emplace_back();
    selection.gpus.back().index = i;
  }
  return selection;
}

TEST(LinkOfGpus, IsNvlinkWhereEachPairHasSome) {
  const std::vector<GpuLink> links = {{0, 1, 4, "NODE"}, {0, 2, 0, "SYS"}, {1, 2, 4, "SYS"}};
  const LinkExpectation two = link_of_gpus(links, gpus(2));
  EXPECT_EQ(two.kind, LinkKind::kAtLeast);
  EXPECT_DOUBLE_EQ(two.bytes_per_second, 30e9);
  EXPECT_THAT(two.origin, HasSubstr("NVLink"));
  const LinkExpectation three = link_of_gpus(links, gpus(3));
  EXPECT_DOUBLE_EQ(three.bytes_per_second, 5e9);
  EXPECT_THAT(three.origin, HasSubstr("PCIe (SYS)"));
  EXPECT_THAT(link_of_gpus({}, gpus(2)).origin, HasSubstr("PCIe (the driver says no more)"));
}

TEST(SocketFloor, IsARateOfThisHost) {
  const LinkExpectation floor = socket_floor(2, 2);
  EXPECT_EQ(floor.kind, LinkKind::kFloor);
  EXPECT_GT(floor.bytes_per_second, 0);
}

}  // namespace
}  // namespace dplaunch
