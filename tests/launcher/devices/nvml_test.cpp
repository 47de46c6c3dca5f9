#include "launcher/devices/nvml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>

#include "launcher/devices/nvml_types.h"
#include "tests/launcher/devices/fake_machine.h"

namespace dplaunch {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Sizes and offsets as NVIDIA's own Python binding (nvidia-ml-py) declares them.
static_assert(sizeof(nvml::Memory) == 24 && offsetof(nvml::Memory, used) == 16);
static_assert(sizeof(nvml::Utilization) == 8);
static_assert(sizeof(nvml::PciInfo) == 68 && offsetof(nvml::PciInfo, bus_id) == 36);
static_assert(sizeof(nvml::ProcessInfo) == 24 && offsetof(nvml::ProcessInfo, used_memory) == 8);

GpuProbe probe(const std::string& description) {
  return testing::machine(description).probe;
}

TEST(Nvml, DescribesEachGpu) {
  const GpuProbe found =
      probe(std::string("driver 555.42.06\n") + testing::kIdle3090 + testing::kBusy3090);
  EXPECT_EQ(found.driver_version, "555.42.06");
  EXPECT_THAT(found.note, IsEmpty());
  ASSERT_EQ(found.gpus.size(), 2U);
  const Gpu& gpu = found.gpus[1];
  EXPECT_EQ(gpu.index, 1);
  EXPECT_EQ(gpu.uuid, "GPU-3090bbbb-0000-0000-0000-000000000000");
  EXPECT_EQ(gpu.name, "NVIDIA GeForce RTX 3090");
  EXPECT_EQ(gpu.pci_bus_id, "00000000:02:00.0");
  EXPECT_EQ(gpu.memory_total_bytes, 24LL << 30);
  EXPECT_EQ(gpu.memory_used_bytes, 8LL << 30);
  EXPECT_EQ(gpu.utilization_percent, 99);
  ASSERT_EQ(gpu.processes.size(), 1U);
  EXPECT_EQ(gpu.processes[0].pid, 4711);
  EXPECT_EQ(gpu.processes[0].memory_bytes, 7800LL << 20);
  EXPECT_THAT(gpu.error, IsEmpty());
}

TEST(Nvml, ListsALostGpuWithItsError) {
  const GpuProbe found = probe(std::string(testing::kLostGpu) + testing::kIdle3090);
  ASSERT_EQ(found.gpus.size(), 2U);
  EXPECT_EQ(found.gpus[0].error, "GPU is lost");
  EXPECT_EQ(found.gpus[1].index, 1);
  EXPECT_THAT(found.gpus[1].error, IsEmpty());
}

TEST(Nvml, ListsMigInstancesInPlaceOfTheirGpu) {
  const GpuProbe found = probe(std::string(testing::kIdle3090) + testing::kSplitH100);
  ASSERT_EQ(found.gpus.size(), 3U);
  EXPECT_EQ(found.gpus[1].uuid, "MIG-11111111-aaaa");
  EXPECT_EQ(found.gpus[2].uuid, "MIG-22222222-bbbb");
  EXPECT_EQ(found.gpus[2].memory_total_bytes, 40LL << 30);
  EXPECT_EQ(found.gpus[2].utilization_percent, -1);
  EXPECT_EQ(found.gpus[1].index, 1);
  EXPECT_EQ(found.gpus[2].index, 1);
  EXPECT_EQ(found.gpus[2].pci_bus_id, "00000000:02:00.0");
}

TEST(Nvml, ReportsMigModeWithoutInstancesAsUnusable) {
  const GpuProbe found = probe("gpu GPU-cccc 81920 0 -1 NVIDIA H100 80GB HBM3\nmig_mode\n");
  ASSERT_EQ(found.gpus.size(), 1U);
  EXPECT_THAT(found.gpus[0].error, HasSubstr("no instances"));
}

TEST(Nvml, CountsMoreProcessesThanItFirstMakesRoomFor) {
  std::string description = testing::kIdle3090;
  for (int pid = 1; pid <= 100; ++pid) description += "process " + std::to_string(pid) + " 1\n";
  const GpuProbe found = probe(description);
  ASSERT_EQ(found.gpus.size(), 1U);
  ASSERT_EQ(found.gpus[0].processes.size(), 100U);
  EXPECT_EQ(found.gpus[0].processes[99].pid, 100);
}

TEST(Nvml, ReadsPowerTemperatureAndProcessesThatDraw) {
  const GpuProbe found = probe(std::string(testing::kBusy3090) +
                               "power 341220 350000\ntemperature 71\nprocess 5 -1\n"
                               "graphics 4711 100\ngraphics 6 12\n" +
                               testing::kIdle3090);
  ASSERT_EQ(found.gpus.size(), 2U);
  const Gpu& gpu = found.gpus[0];
  EXPECT_EQ(gpu.power_usage_mw, 341220);
  EXPECT_EQ(gpu.power_limit_mw, 350000);
  EXPECT_EQ(gpu.temperature_celsius, 71);
  EXPECT_TRUE(gpu.lists_processes);
  ASSERT_EQ(gpu.processes.size(), 3U) << "4711 both computes and draws";
  EXPECT_EQ(gpu.processes[0].memory_bytes, 7800LL << 20);
  EXPECT_TRUE(gpu.processes[0].is_compute);
  EXPECT_EQ(gpu.processes[1].memory_bytes, -1) << "the driver does not say";
  EXPECT_EQ(gpu.processes[2].pid, 6);
  EXPECT_FALSE(gpu.processes[2].is_compute);
  EXPECT_EQ(found.gpus[1].power_usage_mw, -1);
  EXPECT_EQ(found.gpus[1].power_limit_mw, -1);
  EXPECT_EQ(found.gpus[1].temperature_celsius, -1);
}

TEST(Nvml, DoesWithoutTheFunctionsThatAnOldDriverLacks) {
  testing::install_machine(testing::kBusy3090, FAKE_OLD_NVML_LIBRARY);
  const GpuProbe found = probe_nvml();
  ASSERT_EQ(found.gpus.size(), 1U);
  EXPECT_EQ(found.gpus[0].utilization_percent, 99);
  EXPECT_THAT(found.gpus[0].error, IsEmpty());
  EXPECT_THAT(found.gpus[0].processes, IsEmpty());
  EXPECT_FALSE(found.gpus[0].lists_processes);
  EXPECT_EQ(found.gpus[0].power_usage_mw, -1);
}

TEST(Nvml, TellsAGpuWithoutProcessesFromADriverThatDoesNotListThem) {
  const GpuProbe found =
      probe(std::string(testing::kIdle3090) + testing::kIdle3090 + "no_processes\n");
  ASSERT_EQ(found.gpus.size(), 2U);
  EXPECT_TRUE(found.gpus[0].lists_processes);
  EXPECT_FALSE(found.gpus[1].lists_processes);
}

TEST(Nvml, SaysWhatTheDriverAnswered) {
  const GpuProbe found = probe("init_error 9\n");
  EXPECT_THAT(found.gpus, IsEmpty());
  EXPECT_THAT(found.note, HasSubstr("the driver answered: Driver Not Loaded"));
}

TEST(Nvml, SaysThatTheDriverListsNothing) {
  EXPECT_THAT(probe("driver 1.2\n").note, HasSubstr("driver 1.2 is running, but lists no GPU"));
}

TEST(Nvml, SaysWhichLibraryIsMissing) {
  ::setenv("DPLAUNCH_NVML_LIBRARY", "libno-such-nvml.so.1", 1);
  const GpuProbe found = probe_nvml();
  EXPECT_THAT(found.gpus, IsEmpty());
  EXPECT_THAT(found.note, HasSubstr("libno-such-nvml.so.1"));
  EXPECT_THAT(found.note, HasSubstr("cannot be loaded"));
}

TEST(Nvml, SaysWhichFunctionALibraryLacks) {
  ::setenv("DPLAUNCH_NVML_LIBRARY", "libm.so.6", 1);
  EXPECT_THAT(probe_nvml().note, HasSubstr("libm.so.6 has no function nvmlInit_v2"));
}

}  // namespace
}  // namespace dplaunch
