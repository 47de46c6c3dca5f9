#pragma once

#include <iosfwd>

#include "launcher/commands/devices/device_report.h"

namespace dplaunch {

/// Everything that the report holds as one JSON object; the keys name the units, and what is
/// unknown is null.
void print_json(std::ostream& out, const DeviceReport& report);

}  // namespace dplaunch
