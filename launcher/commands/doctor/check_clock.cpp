#include "launcher/commands/doctor/checks.h"

namespace dplaunch::doctor {

Findings check_clock(const ClockFacts& facts) {
  const std::string what = "clock";
  const std::string year = "the year is " + std::to_string(facts.year);
  if (facts.year < facts.build_year) {
    return {{Severity::kWarn, what,
             year + ", but this dplaunch was built in " + std::to_string(facts.build_year) +
                 ": runs get wrong names and times",
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
