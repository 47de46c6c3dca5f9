#include "launcher/commands/devices/show_devices.h"

#include <ostream>

#include "launcher/commands/devices/device_report.h"

namespace dplaunch {

int show_devices(const DevicesOptions& options, std::ostream& out) {
  std::optional<DeviceRequest> request;
  if (!options.device.empty()) request = parse_device_string(options.device);
  const DeviceReport report = make_device_report(request);
  if (options.json) {
    print_json(out, report);
  } else {
    print_table(out, report);
  }
  out.flush();
  // After the tables: they show why the wish cannot be met.
  if (report.asked && report.asked->error) throw Error(*report.asked->error);
  return to_int(ExitCode::kSuccess);
}

}  // namespace dplaunch
