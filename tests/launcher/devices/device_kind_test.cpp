#include "launcher/devices/device_kind.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <set>
#include <string>

#include "launcher/devices/select_devices.h"
#include "tests/launcher/devices/fake_machine.h"

namespace dplaunch {
namespace {

using ::testing::StartsWith;

TEST(DeviceKind, ARowOfGpusIsComplete) {
  for (const DeviceKind& kind : gpu_kinds()) {
    SCOPED_TRACE(kind.name);
    for (const char* text :
         {kind.vendor, kind.worker_build_hint, kind.mask_variable, kind.empty_mask, kind.state_tool,
          kind.numbers_of, kind.kernel_log_tag, kind.driver_hint, kind.container_hint}) {
      ASSERT_NE(text, nullptr);
      if (text != kind.empty_mask) {
        EXPECT_STRNE(text, "");
      }
    }
    EXPECT_FALSE(kind.pci_classes.empty());
    EXPECT_THAT(kind.pci_vendor, StartsWith("0x"));
    EXPECT_NE(kind.probe, nullptr);
  }
}

TEST(DeviceKind, NoTwoShareAWorkerOrAMask) {
  std::set<std::string> workers = {cpu_kind().worker};
  std::set<std::string> masks;
  for (const DeviceKind& kind : gpu_kinds()) {
    EXPECT_TRUE(kind.worker == nullptr || workers.insert(kind.worker).second) << kind.worker;
    EXPECT_TRUE(masks.insert(kind.mask_variable).second) << kind.mask_variable;
  }
}

TEST(DeviceKind, TheCpuHasNoDriver) {
  EXPECT_EQ(cpu_kind().probe, nullptr);
  EXPECT_EQ(cpu_kind().mask_variable, nullptr);
  EXPECT_STREQ(cpu_kind().worker, "dplaunch-worker-cpu");
}

/// The worker that `device` needs on a machine.
std::string worker_for(const std::string& device, const MachineDevices& machine) {
  return select_devices(parse_device_string(device), machine).kind().worker;
}

TEST(DeviceKind, IsNamedByTheSelection) {
  const MachineDevices two = testing::machine(testing::kIdleAndBusy);
  EXPECT_EQ(worker_for("all", two), "dplaunch-worker-cuda");
  EXPECT_EQ(worker_for("auto", two), "dplaunch-worker-cuda");
  EXPECT_EQ(worker_for("cpu:2", two), "dplaunch-worker-cpu");
  EXPECT_EQ(worker_for("auto", testing::machine("")), "dplaunch-worker-cpu");
  EXPECT_EQ(&DeviceSelection().kind(), &cpu_kind()) << "of no device";
}

TEST(DeviceKind, AnUnprobedMachineHasNoGpu) {
  testing::install_machine(testing::kIdle3090);
  EXPECT_TRUE(unprobed_machine().probe.gpus.empty());
  EXPECT_EQ(probe_machine().probe.gpus.size(), 1U);
}

TEST(DeviceKind, TheMaskIsReadFromItsOwnVariable) {
  testing::install_machine(testing::kIdle3090);
  ::setenv("CUDA_VISIBLE_DEVICES", "0", 1);
  EXPECT_EQ(probe_machine().visible_devices, "0");
  ::unsetenv("CUDA_VISIBLE_DEVICES");
  EXPECT_EQ(probe_machine().visible_devices, std::nullopt);
}

}  // namespace
}  // namespace dplaunch
