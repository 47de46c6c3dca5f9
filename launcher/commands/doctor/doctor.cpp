#include "launcher/commands/doctor/doctor.h"

#include "base/exit_code.h"
#include "launcher/commands/doctor/checks.h"
#include "launcher/commands/doctor/print_findings.h"
#include "launcher/commands/doctor/probes.h"

namespace dplaunch {

int run_doctor(const DoctorOptions& options, std::ostream& out) {
  const bool is_asked = !options.device.empty();
  const DeviceRequest request = parse_device_string(is_asked ? options.device : "auto");
  const doctor::Findings findings =
      doctor::check_all(doctor::gather_facts(request, is_asked, options.root));
  options.json ? doctor::print_json(out, findings) : doctor::print_lines(out, findings);
  const bool has_failed = doctor::worst(findings) == doctor::Severity::kFail;
  return to_int(has_failed ? ExitCode::kFailure : ExitCode::kSuccess);
}

}  // namespace dplaunch
