#include "launcher/commands/doctor/check_all_reduce.h"

#include "tests/launcher/commands/doctor/judge.h"

namespace dplaunch::doctor {
namespace {

using testing::expect_rows;

LinkExpectation link_of_two(const GpuLink& link) {
  DeviceSelection selection;
  selection.gpus.resize(2);
  selection.gpus[1].index = 1;
  return link_of_gpus({link}, selection);
}

TEST(Doctor, JudgesAnAllReduce) {
  using Facts = AllReduceFacts;
  Facts healthy;
  healthy.is_tried = healthy.is_on_gpus = true;
  healthy.processes = 2;
  healthy.bytes = 44'880'528;
  healthy.link = link_of_two({0, 1, 0, "PHB"});
  healthy.command = "dplaunch --device all -- worker";
  healthy.seconds = 0.0045;  // 10 GB/s for two: 2 (n - 1) / n is 1
  expect_rows<Facts>(healthy, check_all_reduce,
                     {{"over one lane", [](Facts& f) { f.seconds = 0.045; }, Severity::kWarn,
                       "45.0 ms: 1.0 GB/s each", "peer-to-peer"},
                      {"as slow as PCIe in spite of NVLink",
                       [](Facts& f) {
                         f.link = link_of_two({0, 1, 4, "PHB"});
                       },
                       Severity::kWarn, "10.0 GB/s each, which is slow", "dplaunch devices"},
                      {"failed", [](Facts& f) { f.problem = "NCCL error"; }, Severity::kFail,
                       "NCCL error", "NCCL_DEBUG=INFO dplaunch --device all -- worker says"},
                      {"failed on the CPU",
                       [](Facts& f) {
                         f.problem = "refused";
                         f.is_on_gpus = false;
                       },
                       Severity::kFail, "refused", "loopback"}});
  healthy.processes = 4;  // 2 (n - 1) / n is 1.5
  EXPECT_THAT(check_all_reduce(healthy).front().finding, ::testing::HasSubstr(" 15.0 GB/s each"));
  healthy.is_on_gpus = false;
  healthy.seconds = 10;
  EXPECT_EQ(worst(check_all_reduce(healthy)), Severity::kOk) << "a slow CPU is no fault";
  EXPECT_TRUE(check_all_reduce(Facts{}).empty());
}

}  // namespace
}  // namespace dplaunch::doctor
