#include "launcher/commands/doctor/check_clock.h"

#include "tests/launcher/commands/doctor/judge.h"

namespace dplaunch::doctor {
namespace {

using testing::expect_rows;

TEST(Doctor, JudgesTheClock) {
  using Facts = ClockFacts;
  expect_rows<Facts>({2030, 2026, true}, check_clock,
                     {{"1970", [](Facts& f) { f.year = 1970; }, Severity::kWarn,
                       "the year is 1970, but this dplaunch was built in 2026", "set-ntp"},
                      {"alone", [](Facts& f) { f.is_synchronised = false; }, Severity::kNote,
                       "several hosts", "chrony"}});
  EXPECT_EQ(worst(check_clock({2026, 2026, std::nullopt})), Severity::kOk);
}

}  // namespace
}  // namespace dplaunch::doctor
