#include "launcher/commands/doctor/finding.h"

#include <algorithm>

namespace dplaunch::doctor {

Severity worst(const Findings& findings) {
  Severity severity = Severity::kOk;
  for (const Finding& finding : findings) severity = std::max(severity, finding.severity);
  return severity;
}

}  // namespace dplaunch::doctor
