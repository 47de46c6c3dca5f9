#pragma once

#include <optional>

#include "launcher/commands/doctor/findings.h"

namespace dplaunch::doctor {

struct ClockFacts {
  int year = 0;
  int build_year = 0;                   ///< when this dplaunch was built
  std::optional<bool> is_synchronised;  ///< nullopt: the kernel does not say
};

ClockFacts probe_clock();

/// A wrong year gives runs wrong names; clocks that drift apart make hosts incomparable.
Findings check_clock(const ClockFacts& facts);

}  // namespace dplaunch::doctor
