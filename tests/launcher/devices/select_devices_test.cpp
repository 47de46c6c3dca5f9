#include "launcher/devices/select_devices.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "launcher/devices/device_files.h"
#include "launcher/devices/pci_bus.h"
#include "tests/launcher/devices/fake_machine.h"
#include "tests/support/child_process.h"
#include "tests/support/temporary_folder.h"

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
std::string selection_refusal(const std::string& text, const MachineDevices& on) {
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
  EXPECT_THAT(selection_refusal("auto", machine(kBusy3090)),
              AllOf(HasSubstr("no GPU is idle"), HasSubstr("99%"), HasSubstr("--device 0"),
                    HasSubstr("cpu:2")));
  EXPECT_THAT(selection_refusal("auto:2", machine(kIdleAndBusy)),
              HasSubstr("only 1 idle GPU of 2"));
  EXPECT_THAT(selection_refusal("auto:2", machine("")), HasSubstr("no GPU"));
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
  EXPECT_THAT(selection_refusal("all", machine("init_error 9\n")),
              AllOf(HasSubstr("Driver Not Loaded"), HasSubstr("--device cpu:2")));
  ::setenv("DPLAUNCH_NVML_LIBRARY", "libno-such-nvml.so.1", 1);
  EXPECT_THAT(selection_refusal("all", {probe_gpus(), std::nullopt, 2}),
              AllOf(HasSubstr("libno-such-nvml.so.1"), HasSubstr("--device cpu:2")));
}

TEST(SelectDevices, AGpuThatDoesNotExistIsRefusedWithThoseThatDo) {
  EXPECT_THAT(
      selection_refusal("0,7", machine(kIdleAndBusy)),
      AllOf(HasSubstr("GPU 7 does not exist"), HasSubstr("0 (NVIDIA GeForce RTX 3090), 1 (")));
  EXPECT_THAT(selection_refusal("GPU-ffff", machine(kIdle3090)),
              HasSubstr("GPU-ffff does not exist"));
  EXPECT_THAT(selection_refusal("0", machine("")), HasSubstr("no GPU"));
}

TEST(SelectDevices, NumbersAreThoseOfAnInheritedMask) {
  const std::string eight = testing::idle_gpus(8);
  const DeviceSelection selection = select("all", machine(eight, "6,2"));
  EXPECT_THAT(physical(selection), ElementsAre(6, 2));
  EXPECT_THAT(logical(selection), ElementsAre(0, 1));
  EXPECT_THAT(selection.warnings, ElementsAre(HasSubstr("\"6,2\" hides 6 of 8 GPUs")));
  EXPECT_THAT(physical(select("1", machine(eight, "6,2"))), ElementsAre(2));
  EXPECT_THAT(physical(select("0", machine(eight, "GPU-a1000005,1"))), ElementsAre(5));
  EXPECT_THAT(selection_refusal("6", machine(eight, "6,2")),
              AllOf(HasSubstr("GPU 6 does not exist"), HasSubstr("CUDA_VISIBLE_DEVICES=\"6,2\"")));
}

TEST(SelectDevices, AMaskEndsAtItsFirstWrongEntryAsInCuda) {
  const DeviceSelection selection = select("all", machine(kIdleAndBusy, "0,9,1"));
  EXPECT_THAT(physical(selection), ElementsAre(0));
  EXPECT_THAT(selection.warnings,
              ElementsAre(AllOf(::testing::StartsWith("warning: "), HasSubstr("ends at \"9\""))));
}

TEST(SelectDevices, AutoGoesToTheCpuNeverInSilence) {
  // PyTorch: torch.cuda.device_count() is 0 for each of these masks.
  for (const char* mask : {"7", "-1", "NoDevFiles", "", "0,0", "none"}) {
    const MachineDevices hidden = machine(kIdleAndBusy, mask);
    const std::string variable = "CUDA_VISIBLE_DEVICES=\"" + std::string(mask) + "\" hides 2 of 2";
    const DeviceSelection selection = select("auto", hidden);
    EXPECT_TRUE(selection.is_cpu()) << mask;
    EXPECT_THAT(selection.warnings,
                ElementsAre(HasSubstr("warning: no GPU, the CPU is used: " + variable)));
    EXPECT_THAT(selection_refusal("0", hidden),
                AllOf(HasSubstr(variable), HasSubstr("unset CUDA_VISIBLE_DEVICES")));
  }
  for (const char* mask : {"0", "7", ""}) {
    EXPECT_THAT(select("auto", machine("init_error 18\n", mask)).warnings,
                ElementsAre(AllOf(HasSubstr("warning: no GPU, the CPU is used: "),
                                  HasSubstr("Driver/library version mismatch"))))
        << mask;
  }
}

TEST(SelectDevices, ALibraryThatCannotBeLoadedIsNoMachineWithoutGpus) {
  const testing::TemporaryFolder folder;
  testing::write_text(folder / "libnvidia-ml.so.1", "no library");
  testing::install_machine("", (folder / "libnvidia-ml.so.1").c_str());
  EXPECT_THAT(select("auto", {probe_gpus(), std::nullopt, 2}).warnings,
              ElementsAre(HasSubstr("warning: no GPU, the CPU is used: ")));
}

TEST(SelectDevices, AGpuWithoutADriverIsAWarning) {
  const testing::TemporaryFolder pci;
  const auto add = [&](const std::string& name, const char* vendor, const char* device_class) {
    std::filesystem::create_directory(pci / name);
    testing::write_text(pci / (name + "/vendor"), vendor);
    testing::write_text(pci / (name + "/class"), device_class);
  };
  add("0000:01:00.0", "0x10de\n", "0x030200\n");
  add("0000:01:00.1", "0x10de\n", "0x040300\n");  // its sound
  add("0000:02:00.0", "0x8086\n", "0x030000\n");
  MachineDevices without = machine("");
  without.probe.has_library = false;
  without.probe.note = "no library";
  without.probe.gpus_on_pci_bus = count_gpus_on_pci_bus(gpu_kinds().front(), pci.path());
  EXPECT_THAT(select("auto", without).warnings,
              ElementsAre("warning: no GPU, the CPU is used: no library; the PCI bus has 1 NVIDIA "
                          "GPU"));
  without.probe.gpus_on_pci_bus = count_gpus_on_pci_bus(gpu_kinds().front(), pci / "absent");
  EXPECT_THAT(select("auto", without).warnings, IsEmpty());
}

TEST(SelectDevices, TheDeviceFileThatAUserMayNotOpenIsNamed) {
  const testing::TemporaryFolder dev;
  const auto forbidden = [&] {
    return forbidden_device_file({"nvidiactl", "nvidia0", "nvidia-uvm"}, dev.path());
  };
  EXPECT_EQ(forbidden(), "") << "no driver: nothing is forbidden";
  for (const char* name : {"nvidiactl", "nvidia0"}) {
    testing::write_text(dev / name, "");
    std::filesystem::permissions(dev / name, std::filesystem::perms(0666));
  }
  std::filesystem::permissions(dev.path(), std::filesystem::perms(0755));
  std::filesystem::permissions(dev / "nvidia0", std::filesystem::perms::none);
  testing::ChildProcess user([&] {
    if (::geteuid() == 0 && ::seteuid(65534) != 0) return 2;  // root may open everything
    return forbidden() == dev / "nvidia0" ? 0 : 1;
  });
  EXPECT_EQ(user.wait(), 0);
}

}  // namespace
}  // namespace dplaunch
