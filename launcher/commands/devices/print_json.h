#pragma once

#include <iosfwd>

#include "launcher/commands/devices/device_report.h"

namespace dplaunch {

/// Everything that the report holds as one JSON object; units stand in the keys, and what is
/// unknown is null.
void print_json(std::ostream& out, const DeviceReport& report);

}  // namespace dplaunch
