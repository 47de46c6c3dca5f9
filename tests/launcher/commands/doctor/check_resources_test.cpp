#include "launcher/commands/doctor/check_resources.h"

#include <cstdint>

#include "tests/launcher/commands/doctor/judge.h"

namespace dplaunch::doctor {
namespace {

using testing::expect_rows;

constexpr std::int64_t kGib = std::int64_t{1} << 30;

TEST(Doctor, JudgesCores) {
  using Facts = CoreFacts;
  expect_rows<Facts>({16, 16, 16, 8}, check_cores,
                     {{"more GPUs than cores",
                       [](Facts& f) {
                         f = {4, 4, 4, 8};
                       },
                       Severity::kWarn, "8 GPUs share 4 cores", "more cores, or use fewer GPUs"},
                      {"quota", [](Facts& f) { f.usable = 8; }, Severity::kNote,
                       "the time of 8 cores on 16", "docker run --cpus"},
                      {"cpuset", [](Facts& f) { f.allowed = f.usable = 8; }, Severity::kNote,
                       "8 of 16 cores", "ask for more"}});
}

TEST(Doctor, JudgesMemory) {
  using Facts = MemoryFacts;
  expect_rows<Facts>({64 * kGib, 32 * kGib, std::nullopt}, check_memory,
                     {{"used up", [](Facts& f) { f.available_bytes = 2 * kGib - 1; },
                       Severity::kWarn, "2.0 of 64.0 GiB available", "end other programs"},
                      {"no /proc", [](Facts& f) { f.total_bytes = f.available_bytes = 0; },
                       Severity::kWarn, "/proc is not mounted", "mount -t proc"},
                      {"limited", [](Facts& f) { f.limit_bytes = kGib; }, Severity::kWarn,
                       "the control group may use 1.0 GiB", "docker run --memory"}});
  // cgroup v1 writes a number beyond any memory for "no limit".
  EXPECT_THAT(check_memory({64 * kGib, 32 * kGib, INT64_MAX}).at(0).finding,
              ::testing::Not(::testing::HasSubstr("control group")));
}

}  // namespace
}  // namespace dplaunch::doctor
