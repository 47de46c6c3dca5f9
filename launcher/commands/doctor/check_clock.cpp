#include "launcher/commands/doctor/check_clock.h"

#include <fmt/core.h>
#include <sys/timex.h>

#include <ctime>
#include <string>

namespace dplaunch::doctor {

// --- the probe -----------------------------------------------------------------------------------

ClockFacts probe_clock() {
  ClockFacts facts;
  facts.build_year = DPLAUNCH_BUILD_YEAR;
  const std::time_t now = std::time(nullptr);
  std::tm calendar{};
  if (::gmtime_r(&now, &calendar) != nullptr) facts.year = calendar.tm_year + 1900;
  timex state{};  // no modes: it only asks
  const int answer = ::adjtimex(&state);
  if (answer >= 0) facts.is_synchronised = answer != TIME_ERROR && (state.status & STA_UNSYNC) == 0;
  return facts;
}

// --- the judgement -------------------------------------------------------------------------------

Findings check_clock(const ClockFacts& facts) {
  const std::string what = "clock";
  const std::string year = fmt::format("the year is {}", facts.year);
  if (facts.year < facts.build_year) {
    return {{Severity::kWarn, what,
             fmt::format("{}, but this dplaunch was built in {}: runs get wrong names and times",
                         year, facts.build_year),
             "set it: timedatectl set-ntp true, or date -s; in a container, that of the host"}};
  }
  if (facts.is_synchronised == false) {
    return {{Severity::kNote, what,
             year + "; no time server keeps it: times of several hosts do not compare",
             "timedatectl set-ntp true, or run chrony"}};
  }
  return {{Severity::kOk, what, year + (facts.is_synchronised ? "; synchronised" : "")}};
}

}  // namespace dplaunch::doctor
