#pragma once

#include <iosfwd>

#include "launcher/commands/devices/device_report.h"

namespace dplaunch {

/// The report for people, in at most 80 columns (but for 12 and more GPUs, whose matrix is wider).
void print_table(std::ostream& out, const DeviceReport& report);

}  // namespace dplaunch
