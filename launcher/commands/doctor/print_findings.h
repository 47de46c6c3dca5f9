#pragma once

#include <iosfwd>

#include "launcher/commands/doctor/finding.h"

namespace dplaunch::doctor {

/// "warn  what: finding" and below it the remedy, in at most 80 columns; a line of counts last.
void print_lines(std::ostream& out, const Findings& findings);

/// The same as one JSON object.
void print_json(std::ostream& out, const Findings& findings);

}  // namespace dplaunch::doctor
