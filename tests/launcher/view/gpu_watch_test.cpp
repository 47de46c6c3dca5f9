// The use of GPUs, from the stand-in driver.
#include "launcher/view/gpu_watch.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include "tests/support/temporary_folder.h"

namespace dplaunch {
namespace {

class GpuWatchTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ::setenv("DPLAUNCH_NVML_LIBRARY", FAKE_NVML_LIBRARY, 1);
    ::setenv("DPLAUNCH_FAKE_NVML", (folder_ / "machine").c_str(), 1);
  }
  void TearDown() override {
    ::unsetenv("DPLAUNCH_NVML_LIBRARY");
    ::unsetenv("DPLAUNCH_FAKE_NVML");
  }

  void describe(const std::string& gpu) { folder_.write("machine", "driver 550\n" + gpu + "\n"); }

  dplaunch::testing::TemporaryFolder folder_;
};

TEST_F(GpuWatchTest, FindsAGpuByItsUuid) {
  describe("gpu GPU-a 24576 8192 12 RTX\ngpu GPU-b 24576 1024 99 RTX");
  GpuWatch watch({"GPU-b"});
  const auto use = watch.use_of("GPU-b", 0);
  ASSERT_TRUE(use);
  EXPECT_EQ(use->memory_used_bytes, 1024LL << 20);
  EXPECT_EQ(use->memory_total_bytes, 24576LL << 20);
  EXPECT_EQ(use->utilization_percent, 99);
}

TEST_F(GpuWatchTest, AsksEveryFiveSeconds) {
  GpuWatch watch({"GPU-a"});
  describe("gpu GPU-a 24576 1 1 RTX");
  EXPECT_EQ(watch.use_of("GPU-a", 0)->utilization_percent, 1);
  describe("gpu GPU-a 24576 2 2 RTX");
  EXPECT_EQ(watch.use_of("GPU-a", GpuWatch::kIntervalNs - 1)->utilization_percent, 1);
  EXPECT_EQ(watch.use_of("GPU-a", GpuWatch::kIntervalNs)->utilization_percent, 2);
}

TEST_F(GpuWatchTest, SaysWhenAGpuHasGone) {
  describe("gpu GPU-a 24576 1 1 RTX");
  GpuWatch watch({"GPU-b"});
  EXPECT_EQ(watch.use_of("GPU-b", 0)->error, "not listed");
}

TEST_F(GpuWatchTest, NeverAsksForARankOnTheCpu) {
  ::setenv("DPLAUNCH_NVML_LIBRARY", "/nonexistent", 1);
  GpuWatch watch({});
  EXPECT_FALSE(watch.use_of("", 0));
}

}  // namespace
}  // namespace dplaunch
