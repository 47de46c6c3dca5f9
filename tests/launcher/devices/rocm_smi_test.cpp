#include "launcher/devices/rocm_smi.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdlib>
#include <string>
#include <vector>

#include "launcher/devices/rocm_smi_types.h"
#include "launcher/devices/select_devices.h"
#include "launcher/devices/visible_devices.h"
#include "tests/launcher/devices/amd_machine.h"
#include "tests/launcher/devices/fake_machine.h"

namespace dplaunch {
namespace {

using testing::AmdMachine;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kFourMi300x;

// As Python's binding of ROCm SMI (rsmiBindings.py, rsmi_process_info_t) lays it out.
static_assert(sizeof(rocm_smi::ProcessInfo) == 32 &&
              offsetof(rocm_smi::ProcessInfo, memory_bytes) == 8 &&
              offsetof(rocm_smi::ProcessInfo, compute_unit_percent) == 24);

std::vector<std::string> uuids_of(const std::vector<Gpu>& gpus) {
  std::vector<std::string> all;
  for (const Gpu& gpu : gpus) all.push_back(gpu.uuid);
  return all;
}

constexpr char kBusy[] = "GPU-c1f2e3d4a5b69788";
constexpr char kB1[] = "GPU-00000000000000b1";
constexpr char kB2[] = "GPU-00000000000000b2";
constexpr char kB4[] = "GPU-00000000000000b4";

TEST(RocmSmi, ListsGpusAsHipCountsThem) {
  const AmdMachine machine(kFourMi300x);
  const GpuProbe probe = probe_gpus();
  EXPECT_STREQ(probe.kind->vendor, "AMD");
  EXPECT_EQ(probe.driver_version, "6.8.5");
  EXPECT_THAT(uuids_of(probe.gpus), ElementsAre(kBusy, kB4, kB1, kB2));
  const Gpu& gpu = probe.gpus.front();
  EXPECT_EQ(gpu.index, 0);
  EXPECT_EQ(gpu.name, "AMD Instinct MI300X");
  // rocm_smi.h: the domain above bit 32, the bus in bits 15 to 8.
  EXPECT_EQ(gpu.pci_bus_id, "0001:85:00.0");
  EXPECT_EQ(gpu.memory_total_bytes, 196288LL << 20);
  EXPECT_EQ(gpu.memory_used_bytes, 98000LL << 20);
  EXPECT_EQ(gpu.utilization_percent, 97);
  EXPECT_EQ(gpu.power_usage_mw, 612345);
  EXPECT_EQ(gpu.power_limit_mw, 750000);
  EXPECT_EQ(gpu.temperature_celsius, 71) << "it has a junction alone";
  EXPECT_TRUE(gpu.lists_processes);
  ASSERT_EQ(gpu.processes.size(), 1U);
  EXPECT_EQ(gpu.processes[0].pid, 4711);
  EXPECT_EQ(gpu.processes[0].memory_bytes, 97000LL << 20);
  EXPECT_THAT(gpu.error, IsEmpty());
  EXPECT_THAT(probe.gpus[1].processes, IsEmpty());
  EXPECT_EQ(probe.gpus[3].pci_bus_id, "0000:26:00.0");
}

TEST(RocmSmi, LeavesOutWhatTheComputeDriverDoesNotKnow) {
  const AmdMachine machine(
      "gpu 0 512 100 3 0x164e\n"
      "gpu 0 16384 100 -1 0x73bf\nnode 1\n");
  const GpuProbe probe = probe_rocm_smi();
  ASSERT_EQ(probe.gpus.size(), 1U) << "a display is no GPU to HIP";
  EXPECT_EQ(probe.gpus[0].index, 0);
  EXPECT_EQ(probe.gpus[0].name, "0x73bf") << "the library knows no better";
  EXPECT_THAT(probe.gpus[0].uuid, IsEmpty()) << "not every GPU has one";
  EXPECT_EQ(probe.gpus[0].utilization_percent, -1);
}

TEST(RocmSmi, AProcessOnTwoGpusIsListedOnBothWithoutItsMemory) {
  const AmdMachine machine(std::string(kFourMi300x) + "process 12 800 0 3\nprocess 13 1\n");
  const GpuProbe probe = probe_rocm_smi();
  for (const int index : {1, 2}) {
    ASSERT_EQ(probe.gpus.at(static_cast<std::size_t>(index)).processes.size(), 1U);
    EXPECT_EQ(probe.gpus[static_cast<std::size_t>(index)].processes[0].pid, 12);
    EXPECT_EQ(probe.gpus[static_cast<std::size_t>(index)].processes[0].memory_bytes, -1);
  }
  EXPECT_EQ(probe.gpus[0].processes.size(), 1U) << "13 has ended meanwhile";
}

TEST(RocmSmi, DoesWithoutTheFunctionsThatAnOldLibraryLacks) {
  const AmdMachine machine(kFourMi300x, FAKE_OLD_ROCM_SMI_LIBRARY);
  const GpuProbe probe = probe_rocm_smi();
  ASSERT_EQ(probe.gpus.size(), 4U);
  EXPECT_EQ(probe.gpus[0].name, "0x74a1");
  EXPECT_EQ(probe.gpus[0].power_usage_mw, -1);
  EXPECT_EQ(probe.gpus[0].temperature_celsius, -1);
  EXPECT_FALSE(probe.gpus[0].lists_processes);
  EXPECT_THAT(probe.gpus[0].error, IsEmpty());
}

TEST(RocmSmi, SaysWhatTheLibraryAnswered) {
  struct Case {
    const char* description;
    const char* note;
  };
  for (const auto& [description, note] :
       {Case{"init_error 8\n", "it answered: An error occurred during initialization"},
        Case{"init_error 77\n", "it answered: error 77"},
        Case{"count_error 6\n", "cannot count its GPUs: An internal exception"},
        Case{"driver 1.2\n", "AMD's driver 1.2 is running, but lists no GPU"}}) {
    const AmdMachine machine(description);
    const GpuProbe probe = probe_gpus();
    EXPECT_THAT(probe.note, HasSubstr(note));
    EXPECT_TRUE(is_broken(probe)) << "not the missing NVIDIA driver is to be mended";
    EXPECT_STREQ(probe.kind->vendor, "AMD");
  }
}

TEST(RocmSmi, SaysWhichFunctionALibraryLacks) {
  const AmdMachine machine("", "libm.so.6");
  EXPECT_THAT(probe_rocm_smi().note,
              HasSubstr("libm.so.6 has no function rsmi_init: ROCm is too old"));
}

TEST(RocmSmi, AMachineWithoutItIsNotBroken) {
  const AmdMachine machine("", "libno-such-rocm-smi.so");
  EXPECT_THAT(probe_rocm_smi().note, HasSubstr("libno-such-rocm-smi.so (AMD's ROCm SMI)"));
  EXPECT_FALSE(is_broken(probe_gpus()));
}

TEST(RocmSmi, AGpuWhoseMemoryIsUnknownIsListedWithItsError) {
  const AmdMachine machine("gpu b1 1 1 0 A\nnode 1\nmemory_error 3\ngpu b2 1 0 0 B\nnode 2\n");
  const GpuProbe probe = probe_rocm_smi();
  ASSERT_EQ(probe.gpus.size(), 2U);
  EXPECT_EQ(probe.gpus[0].error, "A file could not be read");
  EXPECT_THAT(probe.gpus[1].error, IsEmpty());
}

TEST(RocmSmi, NvidiasGpusComeFirst) {
  const AmdMachine machine(kFourMi300x);
  testing::install_machine(testing::kIdleAndBusy);
  const GpuProbe probe = probe_gpus();
  EXPECT_STREQ(probe.kind->vendor, "NVIDIA");
  EXPECT_EQ(probe.gpus.size(), 2U);
  const std::string note =
      "4 AMD GPUs are not used: where there are GPUs of both makers, NVIDIA's are";
  EXPECT_EQ(probe.other_gpus, note);
  EXPECT_THAT(select_devices(parse_device_string("0"), {probe, std::nullopt, 4}).warnings,
              ElementsAre(note));
}

/// What PyTorch's _parse_visible_devices (torch/cuda/__init__.py of 2.11, ROCm) and HIP (rocclr's
/// Device::init) make of these variables.
TEST(RocmSmi, MasksAreObeyedAsHipObeysThem) {
  struct Case {
    const char* rocr;
    const char* hip;
    const char* cuda;
    std::vector<std::string> visible;
    std::vector<int> numbers;  ///< in HIP_VISIBLE_DEVICES
  };
  const std::vector<Case> cases = {
      {nullptr, nullptr, nullptr, {kBusy, kB4, kB1, kB2}, {0, 1, 2, 3}},
      {nullptr, "3,1", nullptr, {kB2, kB4}, {3, 1}},
      {nullptr, nullptr, "3,1", {kB2, kB4}, {3, 1}},
      {nullptr, "2", "3,1", {kB1}, {2}},
      {"1,2,3", nullptr, nullptr, {kB4, kB1, kB2}, {0, 1, 2}},
      {"1,2,3", "2,0", nullptr, {kB2, kB4}, {2, 0}},
      {"3,GPU-c1f2e3d4a5b69788", "1", nullptr, {kBusy}, {1}},
      {"3,1", nullptr, "1", {kB4}, {1}},
      {"1", "1", nullptr, {}, {}},
      {nullptr, "-1", nullptr, {}, {}},
      {"", nullptr, nullptr, {}, {}},
      {nullptr, "0,9,1", nullptr, {kBusy}, {0}},
  };
  for (const Case& c : cases) {
    const AmdMachine machine(kFourMi300x);
    const auto set = [](const char* name, const char* value) {
      if (value != nullptr) ::setenv(name, value, 1);
      return std::string(name) + "=" + (value == nullptr ? "(unset) " : std::string(value) + " ");
    };
    SCOPED_TRACE(set("ROCR_VISIBLE_DEVICES", c.rocr) + set("HIP_VISIBLE_DEVICES", c.hip) +
                 set("CUDA_VISIBLE_DEVICES", c.cuda));
    const VisibleGpus visible = visible_gpus(probe_machine());
    EXPECT_EQ(uuids_of(visible.gpus), c.visible);
    std::vector<int> numbers;
    for (const Gpu& gpu : visible.gpus) numbers.push_back(gpu.number_in_mask());
    EXPECT_EQ(numbers, c.numbers);
    const bool has_bad_entry = visible.note.find("fits no single GPU") != std::string::npos;
    EXPECT_EQ(visible.is_mask_wrong, c.visible.empty() || has_bad_entry);
  }
}

TEST(RocmSmi, EachMaskThatHidesGpusIsNamed) {
  const AmdMachine machine(kFourMi300x);
  ::setenv("ROCR_VISIBLE_DEVICES", "1,2,3", 1);
  ::setenv("HIP_VISIBLE_DEVICES", "2", 1);
  EXPECT_EQ(visible_gpus(probe_machine()).note,
            "ROCR_VISIBLE_DEVICES=\"1,2,3\" hides 1 of 4 GPUs; HIP_VISIBLE_DEVICES=\"2\" hides 2 "
            "of 3 GPUs");
  EXPECT_EQ(mask_variables(probe_machine()), "ROCR_VISIBLE_DEVICES and HIP_VISIBLE_DEVICES");
}

}  // namespace
}  // namespace dplaunch
