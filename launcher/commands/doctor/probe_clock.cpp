#include <sys/timex.h>

#include <ctime>

#include "launcher/commands/doctor/probes.h"

namespace dplaunch::doctor {

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

}  // namespace dplaunch::doctor
