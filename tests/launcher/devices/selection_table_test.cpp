#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "base/error.h"
#include "launcher/devices/select_devices.h"
#include "tests/launcher/devices/fake_machine.h"
#include "tests/launcher/devices/nonsense_strings.h"

namespace dplaunch {
namespace {

using ::testing::HasSubstr;
using testing::kBusy3090;
using testing::kIdle3090;
using testing::kLostGpu;
using testing::kSplitH100;

struct Machine {
  std::string name;
  std::string description;
  std::string library = FAKE_NVML_LIBRARY;
};

const std::string kSilent = "no_processes\n";

const Machine kNone{"driver, no GPU", ""};
const Machine kNoDriver{"no driver", "", "libno-such-nvml.so.1"};
const Machine kBroken{"broken driver", "init_error 9\n"};
const Machine kMismatch{"older driver running", "init_error 18\n"};
const Machine kOne{"1 idle", kIdle3090};
const Machine kOneBusy{"1 busy", kBusy3090};
const Machine kTwo{"1 idle, 1 busy", std::string(kIdle3090) + kBusy3090};
const Machine kEight{"8 idle", testing::idle_gpus(8)};
const Machine kLost{"1 lost, 1 idle", std::string(kLostGpu) + kIdle3090};
const Machine kLostAndBusy{"1 lost, 1 busy", std::string(kLostGpu) + kBusy3090};
const Machine kMig{"1 idle, 1 split", std::string(kIdle3090) + kSplitH100};
const Machine kEmptyMig{"MIG, no instance", "gpu GPU-cccc 81920 0 -1 NVIDIA H100\nmig_mode\n"};
const Machine kMute{"processes unlisted", kIdle3090 + kSilent + kBusy3090 + kSilent};
const Machine kOldDriver{"old driver", kTwo.description, FAKE_OLD_NVML_LIBRARY};
/// Utilisation, then the share of the memory: C, then A and B, then E, then D; F is busy.
const Machine kUneven{"uneven",
                      "gpu GPU-aa 24576 500 3 A\ngpu GPU-bb 49152 1000 3 B\n"
                      "gpu GPU-cc 24576 5000 0 C\ngpu GPU-dd 24576 0 40 D\n"
                      "gpu GPU-ee 24576 900 3 E\ngpu GPU-ff 24576 0 50 F\n"};

const Machine* const kMachines[] = {&kNone,    &kNoDriver, &kBroken, &kMismatch,  &kOne,
                                    &kOneBusy, &kTwo,      &kEight,  &kLost,      &kLostAndBusy,
                                    &kMig,     &kEmptyMig, &kMute,   &kOldDriver, &kUneven};

constexpr const char* kUnset = nullptr;

/// `expected` is the beginnings of the chosen UUIDs, or "cpu:N", or, after "error: ", words of the
/// refusal.
struct Row {
  const Machine* machine;
  const char* mask;  ///< CUDA_VISIBLE_DEVICES
  const char* device;
  const char* expected;
  IfBusy if_busy = IfBusy::kWarn;
};

const Row kRows[] = {
    // Without a GPU.
    {&kNone, kUnset, "auto", "cpu:2"},
    {&kNone, kUnset, "cpu", "cpu:1"},
    {&kNone, kUnset, "cpu:4", "cpu:4"},
    {&kNone, kUnset, "all", "error: is running, but lists no GPU"},
    {&kNone, kUnset, "0", "error: lists no GPU"},
    {&kNone, kUnset, "auto:1", "error: lists no GPU"},
    {&kNone, kUnset, "GPU-3090", "error: lists no GPU"},
    {&kNone, "0", "all", "error: lists no GPU"},
    {&kNoDriver, kUnset, "auto", "cpu:2"},
    {&kNoDriver, kUnset, "all", "error: cannot be loaded"},
    {&kNoDriver, kUnset, "0-3", "error: cannot be loaded"},
    {&kBroken, kUnset, "auto", "cpu:2"},
    {&kBroken, kUnset, "0", "error: Driver Not Loaded"},
    {&kBroken, "0", "0", "error: Driver Not Loaded"},
    {&kBroken, "7", "all", "error: Driver Not Loaded"},
    {&kMismatch, kUnset, "0", "error: Driver/library version mismatch"},
    {&kNoDriver, "0,1", "0", "error: cannot be loaded"},
    // One GPU.
    {&kOne, kUnset, "auto", "GPU-3090a"},
    {&kOne, kUnset, "auto:1", "GPU-3090a"},
    {&kOne, kUnset, "auto:2", "error: only 1 idle GPU of 1"},
    {&kOne, kUnset, "all", "GPU-3090a"},
    {&kOne, kUnset, "0", "GPU-3090a"},
    {&kOne, kUnset, " 0 ", "GPU-3090a"},
    {&kOne, kUnset, "0-0", "GPU-3090a"},
    {&kOne, kUnset, "GPU-3090aaaa-0000-0000-0000-000000000000", "GPU-3090a"},
    {&kOne, kUnset, "cpu", "cpu:1"},
    {&kOne, kUnset, "cpu:4", "cpu:4"},
    {&kOne, kUnset, "1", "error: GPU 1 does not exist; there are: 0 (NVIDIA GeForce RTX 3090)"},
    {&kOne, kUnset, "0,1", "error: GPU 1 does not exist"},
    {&kOne, kUnset, "0-3", "error: GPU 1 does not exist"},
    {&kOne, kUnset, "all,!0", "error: leaves nothing over"},
    {&kOne, kUnset, "all,!1", "error: GPU 1 does not exist"},
    {&kOne, kUnset, "MIG-3090", "error: MIG-3090 does not exist"},
    {&kOne, kUnset, "gpu-3090a", "error: is not a device"},
    {&kOneBusy, kUnset, "auto", "error: no GPU is idle"},
    {&kOneBusy, kUnset, "all", "GPU-3090b"},
    {&kOneBusy, kUnset, "cpu:2", "cpu:2"},
    // Two GPUs, of which one is busy.
    {&kTwo, kUnset, "auto", "GPU-3090a"},
    {&kTwo, kUnset, "auto:1", "GPU-3090a"},
    {&kTwo, kUnset, "auto:2", "error: only 1 idle GPU of 2"},
    {&kTwo, kUnset, "all", "GPU-3090a GPU-3090b"},
    {&kTwo, kUnset, "0,1", "GPU-3090a GPU-3090b"},
    {&kTwo, kUnset, "1,0", "GPU-3090b GPU-3090a"},
    {&kTwo, kUnset, "1", "GPU-3090b"},
    {&kTwo, kUnset, "all,!1", "GPU-3090a"},
    {&kTwo, kUnset, "0-1,!0", "GPU-3090b"},
    {&kTwo, kUnset, "GPU-3090b,0", "GPU-3090b GPU-3090a"},
    {&kTwo, kUnset, "GPU-3090b", "GPU-3090b"},
    {&kTwo, kUnset, "GPU-3090", "error: is ambiguous"},
    {&kTwo, kUnset, "0,GPU-3090a", "error: is given twice"},
    {&kTwo, kUnset, "0,!GPU-3090b", "error: which it does not name"},
    {&kTwo, kUnset, "2", "error: GPU 2 does not exist"},
    // What becomes of the busy one.
    {&kTwo, kUnset, "0", "GPU-3090a", IfBusy::kFail},
    {&kTwo, kUnset, "1", "error: GPU 1 (NVIDIA GeForce RTX 3090) is busy", IfBusy::kFail},
    {&kTwo, kUnset, "all", "error: is busy: 99% utilised", IfBusy::kFail},
    {&kTwo, kUnset, "auto", "GPU-3090a", IfBusy::kFail},
    {&kTwo, kUnset, "all", "GPU-3090a", IfBusy::kSkip},
    {&kTwo, kUnset, "1,0", "GPU-3090a", IfBusy::kSkip},
    {&kTwo, kUnset, "1", "error: leaves no GPU over: GPU 1 ", IfBusy::kSkip},
    {&kTwo, kUnset, "auto:2", "error: only 1 idle GPU of 2", IfBusy::kSkip},
    {&kTwo, kUnset, "all", "GPU-3090a GPU-3090b", IfBusy::kWait},
    {&kTwo, kUnset, "auto", "GPU-3090a", IfBusy::kWait},
    {&kTwo, kUnset, "auto:2", "GPU-3090a GPU-3090b", IfBusy::kWait},
    {&kTwo, kUnset, "auto:3", "error: only 1 idle GPU of 2", IfBusy::kWait},
    {&kTwo, kUnset, "cpu:2", "cpu:2", IfBusy::kWait},
    {&kNone, kUnset, "auto", "cpu:2", IfBusy::kWait},
    // Eight GPUs.
    {&kEight, kUnset, "auto",
     "GPU-a1000000 GPU-a1000001 GPU-a1000002 GPU-a1000003 "
     "GPU-a1000004 GPU-a1000005 GPU-a1000006 GPU-a1000007"},
    {&kEight, kUnset, "auto:2", "GPU-a1000000 GPU-a1000001"},
    {&kEight, kUnset, "auto:9", "error: only 8 idle GPUs of 8"},
    {&kEight, kUnset, "0-3", "GPU-a1000000 GPU-a1000001 GPU-a1000002 GPU-a1000003"},
    {&kEight, kUnset, "0-7,!2",
     "GPU-a1000000 GPU-a1000001 GPU-a1000003 GPU-a1000004 "
     "GPU-a1000005 GPU-a1000006 GPU-a1000007"},
    {&kEight, kUnset, "all,!0-5", "GPU-a1000006 GPU-a1000007"},
    {&kEight, kUnset, "all,!GPU-a1000000,!2-7", "GPU-a1000001"},
    {&kEight, kUnset, "0-2,!GPU-a1000001", "GPU-a1000000 GPU-a1000002"},
    {&kEight, kUnset, "5, 2", "GPU-a1000005 GPU-a1000002"},
    {&kEight, kUnset, "6-7,0", "GPU-a1000006 GPU-a1000007 GPU-a1000000"},
    {&kEight, kUnset, "0-8", "error: GPU 8 does not exist"},
    {&kEight, kUnset, "GPU-a1", "error: is ambiguous"},
    // The idlest.
    {&kUneven, kUnset, "auto:1", "GPU-cc"},
    {&kUneven, kUnset, "auto:2", "GPU-aa GPU-cc"},
    {&kUneven, kUnset, "auto:3", "GPU-aa GPU-bb GPU-cc"},
    {&kUneven, kUnset, "auto:4", "GPU-aa GPU-bb GPU-cc GPU-ee"},
    {&kUneven, kUnset, "auto", "GPU-aa GPU-bb GPU-cc GPU-dd GPU-ee"},
    // A lost GPU.
    {&kLost, kUnset, "auto", "GPU-3090a"},
    {&kLost, kUnset, "1", "GPU-3090a"},
    {&kLost, kUnset, "all,!0", "GPU-3090a"},
    {&kLost, kUnset, "all", "error: GPU 0 cannot be used: GPU is lost"},
    {&kLost, kUnset, "0", "error: GPU is lost"},
    {&kLost, kUnset, "auto:2", "error: only 1 idle GPU of 2 (GPU 0: GPU is lost)"},
    {&kLost, kUnset, "auto:2", "error: only 1 idle GPU of 2", IfBusy::kWait},
    {&kLost, kUnset, "all", "error: GPU is lost", IfBusy::kSkip},
    {&kLostAndBusy, kUnset, "auto", "error: no GPU is idle"},
    {&kLostAndBusy, kUnset, "all", "error: GPU is lost", IfBusy::kFail},
    // MIG.
    {&kMig, kUnset, "auto", "GPU-3090a MIG-1111 MIG-2222"},
    {&kMig, kUnset, "all", "GPU-3090a MIG-1111 MIG-2222"},
    {&kMig, kUnset, "MIG-2222", "MIG-2222"},
    {&kMig, kUnset, "MIG-2222,0", "MIG-2222 GPU-3090a"},
    {&kMig, kUnset, "all,!MIG-1111", "GPU-3090a MIG-2222"},
    {&kMig, kUnset, "1", "error: GPU 1 is split into MIG instances"},
    {&kMig, kUnset, "GPU-cccc", "error: GPU-cccc does not exist"},
    {&kMig, kUnset, "MIG-", "error: is not a device"},
    {&kMig, "MIG-22222222-bbbb", "0", "MIG-2222"},
    {&kMig, "MIG-22222222-bbbb", "1", "error: GPU 1 does not exist"},
    {&kEmptyMig, kUnset, "all", "error: MIG mode is on, but it has no instances"},
    {&kEmptyMig, kUnset, "auto", "error: no GPU is idle"},
    // A driver that does not list processes.
    {&kMute, kUnset, "auto", "GPU-3090a"},
    {&kMute, kUnset, "all", "GPU-3090a GPU-3090b"},
    {&kMute, kUnset, "1", "error: 8.0 of 24.0 GiB used", IfBusy::kFail},
    {&kOldDriver, kUnset, "auto", "GPU-3090a"},
    {&kOldDriver, kUnset, "all", "GPU-3090a", IfBusy::kSkip},
    {&kOldDriver, kUnset, "0,1", "GPU-3090a GPU-3090b"},
    // An inherited mask.
    {&kEight, "6,2", "all", "GPU-a1000006 GPU-a1000002"},
    {&kEight, "6,2", "auto", "GPU-a1000006 GPU-a1000002"},
    {&kEight, "6,2", "auto:1", "GPU-a1000006"},
    {&kEight, "6,2", "0", "GPU-a1000006"},
    {&kEight, "6,2", "1,0", "GPU-a1000002 GPU-a1000006"},
    {&kEight, "6,2", "all,!0", "GPU-a1000002"},
    {&kEight, "6,2", "6", "error: GPU 6 does not exist"},
    {&kEight, "6,2", "GPU-a1000006", "GPU-a1000006"},
    {&kEight, "6,2", "GPU-a1000003", "error: GPU-a1000003 does not exist"},
    {&kEight, "6, 2", "1", "GPU-a1000002"},
    {&kEight, "GPU-a1000005,1", "0-1", "GPU-a1000005 GPU-a1000001"},
    {&kEight, "GPU-a1", "all", "error: hides 8 of 8 GPUs: it ends at \"GPU-a1\""},
    {&kEight, "GPU-a1000005-0000,GPU-a1000003-0000", "1", "GPU-a1000003"},
    {&kTwo, "0,9,1", "all", "GPU-3090a"},
    {&kTwo, "0,9,1", "1", "error: it ends at \"9\", which fits no single GPU"},
    {&kTwo, "1,1", "all", "error: hides 2 of 2 GPUs: \"1\" is given twice"},
    {&kTwo, "1,1", "1", "error: \"1\" is given twice"},
    {&kTwo, "one", "0", "error: it ends at \"one\""},
    {&kTwo, "-1", "0", "error: CUDA_VISIBLE_DEVICES=\"-1\" hides 2 of 2 GPUs"},
    {&kTwo, "NoDevFiles", "all", "error: CUDA_VISIBLE_DEVICES=\"NoDevFiles\""},
    {&kTwo, "", "all", "error: CUDA_VISIBLE_DEVICES=\"\" hides 2 of 2 GPUs"},
    {&kTwo, "", "auto", "cpu:2"},
    {&kTwo, "7", "auto", "cpu:2"},
    {&kTwo, "7", "auto:1", "error: it ends at \"7\""},
    {&kTwo, "1,GPU-3090b,0", "all", "error: is given twice"},
    {&kTwo, "", "auto:1", "error: hides 2 of 2 GPUs"},
    {&kTwo, "", "cpu:4", "cpu:4"},
    {&kTwo, "1", "auto", "error: no GPU is idle"},
    {&kTwo, "1", "0", "error: GPU 0 (NVIDIA GeForce RTX 3090) is busy", IfBusy::kFail},
    {&kLost, "1", "all", "GPU-3090a"},
    {&kLost, "0", "all", "error: GPU is lost"},
};

/// What is chosen, in the words of the table.
std::string choose(const MachineDevices& machine, const std::string& device, IfBusy if_busy) {
  try {
    const DeviceSelection selection = select_devices(parse_device_string(device), machine, if_busy);
    if (selection.is_cpu()) return "cpu:" + std::to_string(selection.cpu_processes);
    std::string uuids;
    for (const Gpu& gpu : selection.gpus) uuids += (uuids.empty() ? "" : " ") + gpu.uuid;
    return uuids;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kDevice);
    EXPECT_FALSE(error.hint().empty()) << error.what();
    return std::string("error: ") + error.what();
  }
}

GpuProbe probed(const Machine& machine) {
  testing::install_machine(machine.description, machine.library.c_str());
  return probe_gpus();
}

/// Each UUID begins as expected, and there are as many.
void expect_uuids(const std::string& chosen, const std::string& expected) {
  std::istringstream uuids(chosen);
  std::istringstream beginnings(expected);
  std::string uuid;
  std::string beginning;
  while (beginnings >> beginning) {
    ASSERT_TRUE(uuids >> uuid) << chosen << " instead of " << expected;
    EXPECT_TRUE(uuid.starts_with(beginning)) << chosen << " instead of " << expected;
  }
  EXPECT_FALSE(uuids >> uuid) << chosen << " instead of " << expected;
}

TEST(SelectionTable, EachDeviceStringChoosesWhatItMeansOnEachMachine) {
  const Machine* machine = nullptr;
  GpuProbe probe;
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.machine->name + ", CUDA_VISIBLE_DEVICES " +
                 (row.mask == nullptr ? "unset" : row.mask) + ", --device " + row.device);
    const std::string expected = row.expected;
    if (row.machine != machine) probe = probed(*row.machine);
    machine = row.machine;
    const auto mask = row.mask == nullptr ? std::nullopt : std::optional<std::string>(row.mask);
    const std::string chosen = choose({probe, mask, 16}, row.device, row.if_busy);
    if (expected.starts_with("error: ")) {
      EXPECT_THAT(chosen, HasSubstr("error: --device \"" + std::string(row.device) + "\""));
      EXPECT_THAT(chosen, HasSubstr(expected.substr(7)));
    } else {
      expect_uuids(chosen, expected);
    }
  }
}

TEST(SelectionTable, NonsenseIsRefusedOnEachMachine) {
  for (const Machine* machine : kMachines) {
    const MachineDevices devices{probed(*machine), std::nullopt, 16};
    for (const testing::NonsenseString& nonsense : testing::kNonsenseStrings) {
      SCOPED_TRACE(machine->name + ", --device " + nonsense.text);
      EXPECT_THAT(choose(devices, nonsense.text, IfBusy::kWarn), HasSubstr(nonsense.problem));
    }
  }
}

}  // namespace
}  // namespace dplaunch
