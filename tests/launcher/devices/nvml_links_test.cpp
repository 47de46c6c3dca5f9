#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "launcher/devices/nvml.h"
#include "tests/launcher/devices/fake_machine.h"

namespace dplaunch {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// "0-1 PHB" for each pair.
std::vector<std::string> links(const std::string& description) {
  testing::install_machine(description);
  std::vector<std::string> names;
  for (const GpuLink& link : probe_nvml_links()) {
    names.push_back(std::to_string(link.first) + "-" + std::to_string(link.second) + " " +
                    link.name());
  }
  return names;
}

TEST(GpuLinks, NameThePathOverPcieAsNvidiaSmiDoes) {
  // The levels are those of nvmlGpuTopologyLevel_t in NVML's documentation.
  struct Case {
    const char* level;
    const char* name;
  };
  for (const Case& c : {Case{"0", "PIX"}, Case{"10", "PIX"}, Case{"20", "PXB"}, Case{"30", "PHB"},
                        Case{"40", "NODE"}, Case{"50", "SYS"}, Case{"60", "?"}}) {
    EXPECT_THAT(links(testing::idle_gpus(2) + "common_ancestor 0 1 " + c.level + "\n"),
                ElementsAre("0-1 " + std::string(c.name)));
  }
}

TEST(GpuLinks, CountNvlinksBetweenTwoGpus) {
  EXPECT_THAT(links(testing::idle_gpus(3) + "nvlink 0 2 4\nnvlink 1 2 1\ncommon_ancestor 0 1 50\n"),
              ElementsAre("0-1 SYS", "0-2 NV4", "1-2 NV1"));
}

TEST(GpuLinks, ASwitchJoinsAllGpusAtIt) {
  const std::string gpu = "gpu GPU-a 81920 0 0 H100\n";
  EXPECT_THAT(links(gpu + "nvswitch 18\n" + gpu + "nvswitch 18\n" + gpu + "nvswitch 6\n" + gpu),
              ElementsAre("0-1 NV18", "0-2 NV6", "0-3 ?", "1-2 NV6", "1-3 ?", "2-3 ?"));
}

TEST(GpuLinks, KeepBothFactsOfAPair) {
  testing::install_machine(testing::idle_gpus(2) + "nvlink 0 1 4\ncommon_ancestor 0 1 30\n");
  const auto found = probe_nvml_links();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].nvlinks, 4);
  EXPECT_EQ(found[0].path, "PHB");
}

TEST(GpuLinks, LeaveOutALostGpu) {
  EXPECT_THAT(links(testing::kLostGpu + testing::idle_gpus(2)), ElementsAre("1-2 ?"));
}

TEST(GpuLinks, AreUnknownWithoutADriverOrWithAnOldOne) {
  EXPECT_THAT(links("init_error 9\n"), IsEmpty());
  EXPECT_THAT(links(testing::idle_gpus(1)), IsEmpty());
  testing::install_machine(testing::idle_gpus(2) + "nvlink 0 1 4\n", FAKE_OLD_NVML_LIBRARY);
  ASSERT_EQ(probe_nvml_links().size(), 1U);
  EXPECT_EQ(probe_nvml_links().front().name(), "?");
}

}  // namespace
}  // namespace dplaunch
