#include "launcher/commands/doctor/check_limits.h"

#include <cstdint>

#include "tests/launcher/commands/doctor/judge.h"

namespace dplaunch::doctor {
namespace {

using testing::expect_rows;

constexpr std::int64_t kMib = std::int64_t{1} << 20;

TEST(Doctor, JudgesLimits) {
  using Facts = LimitFacts;
  Facts healthy;
  healthy.core_bytes.soft = 0;
  expect_rows<Facts>(healthy, check_limits,
                     {{"some files",
                       [](Facts& f) {
                         f.open_files = {1023, kUnlimited};
                       },
                       Severity::kWarn, "1023 open files", "ulimit -n 4096"},
                      {"few files, low hard limit",
                       [](Facts& f) {
                         f.open_files = {63, 1024};
                       },
                       Severity::kFail, "63 open files", "the hard limit is 1024"},
                      {"locked memory",
                       [](Facts& f) {
                         f.has_infiniband = true;
                         f.locked_memory_bytes = {8 * kMib, kUnlimited};
                       },
                       Severity::kWarn, "8192 KiB", "ulimit -l unlimited"},
                      {"locked memory, hard",
                       [](Facts& f) {
                         f.has_infiniband = true;
                         f.locked_memory_bytes = {65536, 65536};
                       },
                       Severity::kWarn, "64 KiB", "limits.conf"},
                      {"processes",
                       [](Facts& f) {
                         f.processes = {1024, 8192};
                       },
                       Severity::kWarn, "1024 processes and threads", "ulimit -u 4096"},
                      {"core files", [](Facts& f) { f.core_bytes = {}; }, Severity::kNote,
                       "core file", "ulimit -c 0"}});
}

TEST(Doctor, LimitsThatDoNotBindAreNoFinding) {
  LimitFacts facts;
  facts.core_bytes.soft = 0;
  facts.is_root = true;
  facts.processes = {100, 100};
  facts.locked_memory_bytes = {65536, 65536};
  EXPECT_EQ(worst(check_limits(facts)), Severity::kOk);
}

}  // namespace
}  // namespace dplaunch::doctor
