#include "launcher/devices/select_devices.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/launcher/devices/fake_machine.h"

namespace dplaunch {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kBusy3090;
using testing::kIdle3090;
using testing::kIdleAndBusy;
using testing::kLostGpu;
using testing::machine;

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

TEST(SelectDevices, WarnsOfMoreProcessesThanCores) {
  EXPECT_THAT(select("cpu:3", machine("", std::nullopt, 3)).warnings, IsEmpty());
  EXPECT_THAT(select("cpu:4", machine("", std::nullopt, 3)).warnings,
              ElementsAre(HasSubstr("4 processes share 3 usable cores")));
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

TEST(SelectDevices, WarnsOfABusyGpuThatIsNamed) {
  const MachineDevices seed_machine = machine(kIdleAndBusy);
  EXPECT_THAT(select("0", seed_machine).warnings, IsEmpty());
  const auto expected =
      AllOf(HasSubstr("GPU 1 (NVIDIA GeForce RTX 3090) is busy"), HasSubstr("99% utilised"),
            HasSubstr("8.0 of 24.0 GiB used"), HasSubstr("process 4711 ("));
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

TEST(SelectDevices, AMaskEndsAtItsFirstWrongEntryAsInCuda) {
  const DeviceSelection selection = select("all", machine(kIdleAndBusy, "0,9,1"));
  EXPECT_THAT(physical(selection), ElementsAre(0));
  EXPECT_THAT(selection.warnings, ElementsAre(HasSubstr("cut off at \"9\"")));
}

}  // namespace
}  // namespace dplaunch
