// Machines that the stand-in driver describes, read by the real probing code.
#include "launcher/commands/doctor/check_devices.h"

#include <utility>

#include "tests/launcher/commands/doctor/judge.h"
#include "tests/launcher/devices/fake_machine.h"

namespace dplaunch::doctor {
namespace {

using testing::expect_rows;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
namespace fakes = dplaunch::testing;

DeviceFacts facts_of(const std::string& machine, const std::string& device = "",
                     std::optional<std::string> mask = std::nullopt) {
  DeviceFacts facts;
  facts.is_asked = !device.empty();
  facts.request = parse_device_string(device.empty() ? "auto" : device);
  facts.machine = fakes::machine(machine, std::move(mask));
  facts.links = facts.machine.probe.kind->probe_links();
  return facts;
}

const std::string kNoDriver = "init_error 9\n";

TEST(DoctorDevices, JudgesTheDriver) {
  using Facts = DeviceFacts;
  const auto none = [](const char* device) {
    return [device](Facts& f) { f = facts_of(kNoDriver, device); };
  };
  expect_rows<Facts>(
      facts_of(fakes::idle_gpus(2)), check_driver,
      {{"asked for", none("0,1"), Severity::kFail, "Driver Not Loaded", "nvidia-smi must work"},
       {"all", none("all"), Severity::kFail, "Driver Not Loaded", "reboot"},
       {"in a container",
        [](Facts& f) {
          f = facts_of(kNoDriver, "all");
          f.is_in_container = true;
        },
        Severity::kFail, "Driver Not Loaded", "--gpus all"},
       {"on the bus",
        [](Facts& f) {
          f = facts_of(kNoDriver);
          f.gpus_on_pci_bus = 2;
        },
        Severity::kWarn, "the PCI bus has 2 NVIDIA GPUs", "install the NVIDIA driver"},
       {"nowhere", none(""), Severity::kNote, "--device auto takes the CPU",
        "none, if this machine has no NVIDIA GPU"}});
  EXPECT_THAT(check_driver(facts_of(kNoDriver, "cpu:2")), IsEmpty());
  EXPECT_THAT(check_choice(facts_of(kNoDriver, "0")), IsEmpty()) << "the driver's finding says it";
}

TEST(DoctorDevices, JudgesGpus) {
  using Facts = DeviceFacts;
  const std::string lost = std::string(fakes::kIdle3090) + fakes::kLostGpu;
  expect_rows<Facts>(facts_of(fakes::idle_gpus(8)), check_gpus,
                     {{"lost", [&](Facts& f) { f = facts_of(lost); }, Severity::kFail,
                       "GPU 1 (physical) cannot be used: GPU is lost", "--device 'all,!1'"},
                      {"lost, under a mask", [&](Facts& f) { f = facts_of(lost, "", "1,0"); },
                       Severity::kFail, "GPU 1 (physical)", "--device 'all,!0'"},
                      {"lost, but hidden", [&](Facts& f) { f = facts_of(lost, "", "0"); },
                       Severity::kWarn, "GPU is lost", "nvidia-smi --gpu-reset -i 1"},
                      {"lost, but not asked for", [&](Facts& f) { f = facts_of(lost, "0"); },
                       Severity::kWarn, "GPU is lost", "grep -i xid"},
                      {"busy", [](Facts& f) { f = facts_of(fakes::kBusy3090); }, Severity::kWarn,
                       "GPU 0 (physical) is busy: 99% utilised", "--if-busy"}});
}

TEST(DoctorDevices, JudgesWhatIsAskedFor) {
  EXPECT_EQ(check_choice(facts_of(fakes::idle_gpus(2), "1")).at(0).finding, "1 takes GPU 1");
  EXPECT_EQ(check_choice(facts_of(kNoDriver)).at(0).finding, "auto takes the CPU, 2 processes");
  const Finding missing = check_choice(facts_of(fakes::idle_gpus(2), "0,7")).at(0);
  EXPECT_EQ(missing.severity, Severity::kFail);
  EXPECT_THAT(missing.finding, HasSubstr("GPU 7 does not exist"));
  EXPECT_FALSE(missing.remedy.empty());
  EXPECT_EQ(check_choice(facts_of(fakes::kBusy3090)).at(0).severity, Severity::kFail)
      << "auto finds no idle GPU";
}

TEST(DoctorDevices, JudgesLinks) {
  const std::string three = fakes::idle_gpus(3) +
                            "common_ancestor 0 1 30\ncommon_ancestor 0 2 50\n"
                            "common_ancestor 1 2 50\n";
  const Findings findings = check_links(facts_of(three));
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[0].severity, Severity::kWarn);
  EXPECT_THAT(findings[0].finding, HasSubstr("0-2 SYS, 1-2 SYS"));
  EXPECT_THAT(findings[0].remedy, HasSubstr("dplaunch devices"));
  EXPECT_EQ(findings[1].finding, "0-1 PHB");
  EXPECT_EQ(worst(check_links(facts_of(three, "", "0,1"))), Severity::kOk);
  EXPECT_THAT(check_links(facts_of(fakes::idle_gpus(1))), IsEmpty());
}

TEST(DoctorDevices, OnlyLinksBetweenTheGpusThatAreAskedForCount) {
  const std::string two = fakes::idle_gpus(2) + "common_ancestor 0 1 50\n";
  EXPECT_EQ(worst(check_links(facts_of(two, "all"))), Severity::kWarn);
  EXPECT_THAT(check_links(facts_of(two, "0")), IsEmpty());
}

}  // namespace
}  // namespace dplaunch::doctor
