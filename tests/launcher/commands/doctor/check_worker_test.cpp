#include "launcher/commands/doctor/check_worker.h"

#include "tests/launcher/commands/doctor/judge.h"

namespace dplaunch::doctor {
namespace {

using testing::expect_rows;

WorkerFacts healthy_worker() {
  WorkerFacts facts;
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
