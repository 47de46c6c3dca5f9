#include "launcher/affinity/bind_on_this_machine.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <optional>
#include <string>

#include "launcher/affinity/load_topology.h"

namespace dplaunch {
namespace {

/// hwloc's own variables, as a user sets them.
class BindOnThisMachine : public ::testing::Test {
 protected:
  void TearDown() override {
    for (const char* name : {"HWLOC_SYNTHETIC", "HWLOC_XMLFILE", "HWLOC_PLUGINS_PATH"}) {
      ::unsetenv(name);
    }
  }

  static JobBinding bind(Bind bind, std::optional<std::string> gpu, const Cpus& allowed) {
    return bind_on_this_machine({bind, {gpu, gpu}, allowed, static_cast<int>(allowed.size())});
  }
};

TEST_F(BindOnThisMachine, NoneBindsNothing) {
  ::setenv("HWLOC_SYNTHETIC", "numa:2 core:1 pu:1", 1);
  for (const CpuBinding& rank : bind(Bind::kNone, std::nullopt, {0, 1, 2, 3}).ranks) {
    EXPECT_FALSE(rank.is_bound());
    EXPECT_EQ(rank.share_cpus, 2);
  }
}

TEST_F(BindOnThisMachine, BelievesWhatHwlocIsToldOfNodes) {
  ::setenv("HWLOC_SYNTHETIC", "numa:2 core:2 pu:1", 1);
  const JobBinding job = bind(Bind::kNuma, std::nullopt, {0, 1, 2, 3});

  EXPECT_EQ(job.ranks.at(0).cpus, (Cpus{0, 1}));
  EXPECT_EQ(job.ranks.at(1).cpus, (Cpus{2, 3}));
}

TEST_F(BindOnThisMachine, BelievesWhatHwlocIsToldOfGpus) {
  ::setenv("HWLOC_XMLFILE", TWO_NODES_FOUR_GPUS, 1);
  const JobBinding job = bind(Bind::kNuma, "00000000:C1:00.0", {0, 1, 8, 9});
  EXPECT_EQ(job.ranks.at(0).cpus, (Cpus{8, 9}));
  EXPECT_TRUE(job.ranks.at(1).is_near_gpu);
  EXPECT_EQ(job.ranks.at(1).share_cpus, 1);
}

TEST_F(BindOnThisMachine, FallsBackToTheMachineWhenHwlocIsToldNonsense) {
  ::setenv("HWLOC_SYNTHETIC", "nonsense", 1);
  ::setenv("HWLOC_XMLFILE", "/no/such/file", 1);
  EXPECT_EQ(bind(Bind::kNuma, std::nullopt, {0}).ranks.size(), 2U);
}

TEST_F(BindOnThisMachine, LeavesTheEnvironmentAsItWas) {
  load_topology(PciDevices::kLeaveOut);
  EXPECT_EQ(::getenv("HWLOC_PLUGINS_PATH"), nullptr);
  ::setenv("HWLOC_PLUGINS_PATH", "/mine", 1);
  load_topology(PciDevices::kInclude);
  EXPECT_STREQ(::getenv("HWLOC_PLUGINS_PATH"), "/mine");
}

}  // namespace
}  // namespace dplaunch
