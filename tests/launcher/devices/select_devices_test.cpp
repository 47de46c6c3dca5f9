#include "launcher/devices/select_devices.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/error.h"
#include "tests/launcher/devices/fake_machine.h"

namespace dplaunch {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kBusy3090;
using testing::kIdle3090;
using testing::kLostGpu;
using testing::kSplitH100;
using testing::machine;

const std::string kIdleAndBusy = std::string(kIdle3090) + kBusy3090;

DeviceSelection select(const std::string& text, const MachineDevices& on) {
  return select_devices(parse_device_string(text), on);
}

std::vector<int> physical(const DeviceSelection& selection) {
  std::vector<int> found;
  for (const Gpu& gpu : selection.gpus) found.push_back(gpu.index);
  return found;
}

std::vector<int> logical(const DeviceSelection& selection) {
  std::vector<int> found;
  for (const Gpu& gpu : selection.gpus) found.push_back(gpu.logical_index);
  return found;
}

/// Message and hint of the refusal; fails the test if there is none.
std::string refusal(const std::string& text, const MachineDevices& on) {
  try {
    select(text, on);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kDevice);
    return std::string(error.what()) + "\n" + error.hint();
  }
  ADD_FAILURE() << text << " was accepted";
  return {};
}

TEST(SelectDevices, TakesTheGpusThatAreNamedInTheirOrder) {
  const MachineDevices eight = machine(testing::idle_gpus(8));
  EXPECT_THAT(physical(select("all", eight)), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
  EXPECT_THAT(physical(select("1", eight)), ElementsAre(1));
  EXPECT_THAT(physical(select("5,2", eight)), ElementsAre(5, 2));
  EXPECT_THAT(physical(select("0-7,!2", eight)), ElementsAre(0, 1, 3, 4, 5, 6, 7));
  EXPECT_THAT(physical(select("all,!0-5", eight)), ElementsAre(6, 7));
  EXPECT_THAT(physical(select("GPU-a1000003", eight)), ElementsAre(3));
  EXPECT_THAT(physical(select("0-2,!GPU-a1000001", eight)), ElementsAre(0, 2));
  EXPECT_THAT(physical(select("auto", eight)), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
  EXPECT_THAT(physical(select("auto:2", eight)), ElementsAre(0, 1));
  EXPECT_THAT(select("all", eight).warnings, IsEmpty());
}

TEST(SelectDevices, OneGpuIsAllOfThem) {
  const DeviceSelection selection = select("all", machine(kIdle3090));
  EXPECT_EQ(selection.processes(), 1);
  EXPECT_FALSE(selection.is_cpu());
}

TEST(SelectDevices, RunsOnTheCpuWhateverGpusThereAre) {
  EXPECT_EQ(select("cpu", machine(kIdle3090)).cpu_processes, 1);
  EXPECT_TRUE(select("cpu:4", machine(kIdle3090)).is_cpu());
  EXPECT_EQ(select("cpu:4", machine("")).processes(), 4);
}

TEST(SelectDevices, WarnsOfMoreProcessesThanCores) {
  EXPECT_THAT(select("cpu:3", machine("", std::nullopt, 3)).warnings, IsEmpty());
  EXPECT_THAT(select("cpu:4", machine("", std::nullopt, 3)).warnings,
              ElementsAre(HasSubstr("4 processes share 3 usable cores")));
}

TEST(SelectDevices, AutoWithoutAGpuIsTheCpu) {
  EXPECT_EQ(select("auto", machine("")).cpu_processes, 2);
  EXPECT_EQ(select("auto", machine("", std::nullopt, 1)).cpu_processes, 1);
  EXPECT_EQ(select("auto", machine(kIdle3090, "")).cpu_processes, 2) << "hidden by the mask";
}

TEST(SelectDevices, AutoPassesOverBusyAndLostGpus) {
  const DeviceSelection selection = select("auto", machine(kBusy3090 + kIdleAndBusy + kLostGpu));
  EXPECT_THAT(physical(selection), ElementsAre(1));
  EXPECT_THAT(selection.warnings,
              ElementsAre(AllOf(HasSubstr("GPU 0"), HasSubstr("GPU 2"), HasSubstr("99% utilised"),
                                HasSubstr("GPU 3: GPU is lost"))));
}

TEST(SelectDevices, AutoWithoutAnIdleGpuIsRefused) {
  EXPECT_THAT(refusal("auto", machine(kBusy3090)),
              AllOf(HasSubstr("no GPU is idle"), HasSubstr("99%"), HasSubstr("--device 0"),
                    HasSubstr("cpu:2")));
  EXPECT_THAT(refusal("auto:2", machine(kIdleAndBusy)), HasSubstr("only 1 idle GPU of 2"));
  EXPECT_THAT(refusal("auto:2", machine("")), HasSubstr("no GPU"));
}

TEST(SelectDevices, AutoWithACountTakesTheEmptiest) {
  const std::string three =
      "gpu GPU-a 24576 900 0 A\ngpu GPU-b 24576 100 0 B\ngpu GPU-c 24576 500 0 C\n";
  EXPECT_THAT(physical(select("auto:2", machine(three))), ElementsAre(1, 2));
}

TEST(SelectDevices, WarnsOfABusyGpuThatIsNamed) {
  const MachineDevices seed_machine = machine(kIdleAndBusy);
  EXPECT_THAT(select("0", seed_machine).warnings, IsEmpty());
  const auto expected =
      AllOf(HasSubstr("GPU 1 (NVIDIA GeForce RTX 3090) is busy"), HasSubstr("99% utilised"),
            HasSubstr("8.0 of 24.0 GiB used"), HasSubstr("process 4711"));
  EXPECT_THAT(select("0,1", seed_machine).warnings, ElementsAre(expected));
  EXPECT_THAT(select("all", seed_machine).warnings, ElementsAre(expected));
}

TEST(SelectDevices, CountsMemoryInUseAsBusy) {
  EXPECT_TRUE(is_busy(machine("gpu GPU-a 24576 6144 0 A\n").probe.gpus[0]));
  EXPECT_FALSE(is_busy(machine("gpu GPU-a 24576 6143 49 A\n").probe.gpus[0]));
  EXPECT_TRUE(is_busy(machine("gpu GPU-a 24576 0 50 A\n").probe.gpus[0]));
}

TEST(SelectDevices, AllWithoutAGpuSaysWhatWasProbed) {
  EXPECT_THAT(refusal("all", machine("init_error 9\n")),
              AllOf(HasSubstr("Driver Not Loaded"), HasSubstr("--device cpu:2")));
  ::setenv("DPLAUNCH_NVML_LIBRARY", "libno-such-nvml.so.1", 1);
  EXPECT_THAT(refusal("all", {probe_gpus(), std::nullopt, 2}),
              AllOf(HasSubstr("libno-such-nvml.so.1"), HasSubstr("--device cpu:2")));
}

TEST(SelectDevices, AGpuThatDoesNotExistIsRefusedWithThoseThatDo) {
  EXPECT_THAT(
      refusal("0,7", machine(kIdleAndBusy)),
      AllOf(HasSubstr("GPU 7 does not exist"), HasSubstr("0 (NVIDIA GeForce RTX 3090), 1 (")));
  EXPECT_THAT(refusal("GPU-ffff", machine(kIdle3090)), HasSubstr("GPU-ffff does not exist"));
  EXPECT_THAT(refusal("0", machine("")), HasSubstr("no GPU"));
}

TEST(SelectDevices, AGpuNamedInTwoWaysIsGivenTwice) {
  EXPECT_THAT(refusal("0,GPU-3090aaaa", machine(kIdleAndBusy)), HasSubstr("given twice"));
  EXPECT_THAT(refusal("GPU-3090", machine(kIdleAndBusy)),
              AllOf(HasSubstr("ambiguous"), HasSubstr("give more of the UUID")));
}

TEST(SelectDevices, ALostGpuIsRefusedWhenItIsNeeded) {
  const MachineDevices one_lost = machine(std::string(kLostGpu) + kIdle3090);
  EXPECT_THAT(refusal("all", one_lost), HasSubstr("GPU 0 cannot be used: GPU is lost"));
  EXPECT_THAT(refusal("0", one_lost), HasSubstr("GPU is lost"));
  EXPECT_THAT(physical(select("all,!0", one_lost)), ElementsAre(1));
  EXPECT_THAT(physical(select("1", one_lost)), ElementsAre(1));
}

TEST(SelectDevices, NumbersAreThoseOfAnInheritedMask) {
  const std::string eight = testing::idle_gpus(8);
  const DeviceSelection selection = select("all", machine(eight, "6,2"));
  EXPECT_THAT(physical(selection), ElementsAre(6, 2));
  EXPECT_THAT(logical(selection), ElementsAre(0, 1));
  EXPECT_THAT(selection.warnings, ElementsAre(HasSubstr("\"6,2\" hides 6 of 8 GPUs")));
  EXPECT_THAT(physical(select("1", machine(eight, "6,2"))), ElementsAre(2));
  EXPECT_THAT(physical(select("0", machine(eight, "GPU-a1000005,1"))), ElementsAre(5));
  EXPECT_THAT(refusal("6", machine(eight, "6,2")),
              AllOf(HasSubstr("GPU 6 does not exist"), HasSubstr("CUDA_VISIBLE_DEVICES=\"6,2\"")));
}

TEST(SelectDevices, AMaskThatHidesEverythingIsNamed) {
  for (const char* mask : {"", "-1", "NoDevFiles"}) {
    EXPECT_THAT(refusal("all", machine(kIdle3090, mask)), HasSubstr("CUDA_VISIBLE_DEVICES"))
        << mask;
  }
}

TEST(SelectDevices, AMaskEndsAtItsFirstWrongEntryAsInCuda) {
  const DeviceSelection selection = select("all", machine(kIdleAndBusy, "0,9,1"));
  EXPECT_THAT(physical(selection), ElementsAre(0));
  EXPECT_THAT(selection.warnings, ElementsAre(HasSubstr("cut off at \"9\"")));
}

TEST(SelectDevices, MigInstancesAreNamedByUuid) {
  const MachineDevices split = machine(std::string(kIdle3090) + kSplitH100);
  const DeviceSelection selection = select("MIG-2222", split);
  ASSERT_EQ(selection.gpus.size(), 1U);
  EXPECT_EQ(selection.gpus[0].uuid, "MIG-22222222-bbbb");
  EXPECT_EQ(select("all", split).processes(), 3);
  EXPECT_THAT(refusal("1", split),
              AllOf(HasSubstr("split into MIG instances"), HasSubstr("MIG-11111111-aaaa")));
}

}  // namespace
}  // namespace dplaunch
