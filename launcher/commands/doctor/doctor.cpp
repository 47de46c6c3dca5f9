#include "launcher/commands/doctor/doctor.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "base/error.h"
#include "base/exit_code.h"
#include "common/config/config.h"
#include "launcher/commands/doctor/check_all_reduce.h"
#include "launcher/commands/doctor/check_clock.h"
#include "launcher/commands/doctor/check_devices.h"
#include "launcher/commands/doctor/check_environment.h"
#include "launcher/commands/doctor/check_kernel.h"
#include "launcher/commands/doctor/check_limits.h"
#include "launcher/commands/doctor/check_network.h"
#include "launcher/commands/doctor/check_resources.h"
#include "launcher/commands/doctor/check_storage.h"
#include "launcher/commands/doctor/check_worker.h"
#include "launcher/commands/doctor/findings.h"
#include "launcher/devices/visible_devices.h"

// Each check_X.h has what one check is about: its facts, its probe, which looks at this machine,
// changes nothing on it and does not throw for what it cannot find out, and its judgement, which
// sees nothing but its facts, never throws, and has a finding even where all is well. Here is what
// they have in common: the job that they are asked about, and the order.

namespace dplaunch {
namespace doctor {
namespace {

/// Docker, Podman, Kubernetes: what a user would call a container.
bool is_in_container() {
  std::error_code error;
  return std::filesystem::exists("/.dockerenv", error) ||
         std::filesystem::exists("/run/.containerenv", error) ||
         std::getenv("KUBERNETES_SERVICE_HOST") != nullptr || std::getenv("container") != nullptr;
}

/// The job that --device means; without GPUs and processes where it means none.
DeviceSelection selection_of(const DeviceFacts& facts) {
  try {
    return select_devices(facts.request, facts.machine);
  } catch (const Error&) {
    return {};  // check_choice() says why
  }
}

/// Whose worker is looked at; where --device means no job, that of the machine's GPUs.
const DeviceKind& device_kind_of(const DeviceFacts& facts, const DeviceSelection& selection) {
  const GpuProbe& probe = facts.machine.probe;
  const bool means_no_job = selection.processes() == 0;
  return means_no_job && !probe.gpus.empty() ? *probe.kind : selection.kind();
}

WorkerFacts probe_worker_for(const DeviceFacts& devices, const DeviceSelection& selection) {
  const DeviceKind& kind = device_kind_of(devices, selection);
  const bool needs_driver = &kind != &cpu_kind();
  return probe_worker(kind, needs_driver ? devices.machine.probe.driver_version : "");
}

CoreFacts probe_cores_for(const DeviceSelection& selection) {
  CoreFacts facts = probe_cores();
  facts.gpu_processes = static_cast<int>(selection.gpus.size());
  return facts;
}

EnvironmentFacts probe_environment_for(const DeviceFacts& devices, const NetworkFacts& network,
                                       const DeviceSelection& selection) {
  const MachineDevices& machine = devices.machine;
  EnvironmentFacts facts = probe_environment();
  facts.interfaces = network.interfaces;
  const std::vector<InheritedMask> masks = inherited_masks(machine);
  facts.mask_variable = masks.empty() ? machine.probe.kind->mask_variable : masks.back().variable;
  const VisibleGpus visible = visible_gpus(machine);
  facts.mask_note = visible.note;
  facts.is_mask_wrong = visible.is_mask_wrong;
  facts.processes = selection.processes();
  facts.usable_cores = machine.usable_cores;
  return facts;
}

/// The worst first, otherwise in this order.
Findings check_machine(const DeviceRequest& request, bool is_asked,
                       const std::filesystem::path& root) {
  const bool has_container = is_in_container();
  const DeviceFacts devices = probe_devices(request, is_asked, has_container);
  const DeviceSelection selection = selection_of(devices);
  const WorkerFacts worker = probe_worker_for(devices, selection);
  const AllReduceFacts all_reduce = probe_all_reduce(devices, selection, worker);
  const NetworkFacts network = probe_network();
  Findings findings = together({
      check_driver(devices),
      check_gpus(devices),
      check_choice(devices),
      check_links(devices),
      check_worker(worker),
      check_all_reduce(all_reduce),
      check_shared_memory(probe_shared_memory(has_container)),
      check_limits(probe_limits()),
      check_host_name(network),
      check_ports(network),
      check_clock(probe_clock()),
      check_runs_folder(probe_folder(Config().runs)),
      check_data(probe_data(root)),
      check_cores(probe_cores_for(selection)),
      check_memory(probe_memory()),
      check_kernel(probe_kernel()),
      check_environment(probe_environment_for(devices, network, selection)),
  });
  std::stable_sort(findings.begin(), findings.end(),
                   [](const Finding& a, const Finding& b) { return a.severity > b.severity; });
  return findings;
}

}  // namespace
}  // namespace doctor

int run_doctor(const DoctorOptions& options, std::ostream& out) {
  const bool is_asked = !options.device.empty();
  const DeviceRequest request = parse_device_string(is_asked ? options.device : "auto");
  const doctor::Findings findings = doctor::check_machine(request, is_asked, options.root);
  options.json ? doctor::print_json(out, findings) : doctor::print_lines(out, findings);
  const bool has_failed = doctor::worst(findings) == doctor::Severity::kFail;
  return to_int(has_failed ? ExitCode::kFailure : ExitCode::kSuccess);
}

}  // namespace dplaunch
