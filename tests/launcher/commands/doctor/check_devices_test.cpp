// Every judgement on GPUs and workers: machines that the stand-in driver describes, read by the
// real probing code.
#include <utility>

#include "launcher/commands/doctor/checks.h"
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
  facts.links = probe_gpu_links();
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

WorkerFacts healthy_worker() {
  WorkerFacts facts;
  facts.kind = WorkerKind::kCuda;
  facts.executable.path = "/opt/bin/dplaunch-worker-cuda";
  facts.versions = WorkerVersions{"", DPLAUNCH_VERSION, "2.11.0", "13.0", "2.28.9"};
  facts.driver_version = "580.65.06";
  return facts;
}

TEST(DoctorDevices, JudgesTheWorker) {
  using Facts = WorkerFacts;
  expect_rows<Facts>(
      healthy_worker(), check_worker,
      {{"missing",
        [](Facts& f) {
          f.executable.problem = "the worker is not there";
          f.executable.hint = "build it";
        },
        Severity::kWarn, "commands of your own run without it", "build it"},
       {"named, but missing",
        [](Facts& f) {
          f.executable.problem = "DPLAUNCH_WORKER=x is not an executable file";
          f.executable.hint = "unset DPLAUNCH_WORKER";
          f.is_users_own = true;
        },
        Severity::kFail, "DPLAUNCH_WORKER=x", "unset DPLAUNCH_WORKER"},
       {"does not start",
        [](Facts& f) { f.versions = WorkerVersions{"exit code 127: libtorch_cpu.so"}; },
        Severity::kFail, "libtorch_cpu.so", "ldd /opt/bin/dplaunch-worker-cuda"},
       {"of the user, does not start",
        [](Facts& f) {
          f.versions = WorkerVersions{"exit code 1"};
          f.is_users_own = true;
        },
        Severity::kFail, "exit code 1", "DPLAUNCH_WORKER"},
       {"another program", [](Facts& f) { f.versions = WorkerVersions{}; }, Severity::kNote,
        "does not say that it is a dplaunch-worker", "DPLAUNCH_WORKER"},
       {"another version", [](Facts& f) { f.versions->dplaunch = "9.9"; }, Severity::kWarn,
        "is of version 9.9, this launcher of", "both together"},
       {"old driver for CUDA 13", [](Facts& f) { f.driver_version = "575.57.08"; }, Severity::kFail,
        "driver 575.57.08 is too old for the worker's CUDA 13.0", "580 or newer"},
       {"old driver for CUDA 12",
        [](Facts& f) {
          f.versions->cuda = "12.8";
          f.driver_version = "470.1";
        },
        Severity::kFail, "CUDA 12.8, which needs 525", "525 or newer"}});
}

TEST(DoctorDevices, AnUnknownDriverOrCudaIsNotJudged) {
  WorkerFacts facts = healthy_worker();
  for (const char* cuda : {"", "99.0", "x"}) {
    facts.versions->cuda = cuda;
    EXPECT_EQ(check_worker(facts).size(), 1U) << cuda;
  }
  facts = healthy_worker();
  facts.driver_version = "";
  EXPECT_EQ(check_worker(facts).size(), 1U);
}

}  // namespace
}  // namespace dplaunch::doctor
