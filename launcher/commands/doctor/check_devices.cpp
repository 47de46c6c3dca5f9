#include "launcher/commands/doctor/check_devices.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/error.h"
#include "base/text/printable.h"
#include "base/text/words.h"
#include "launcher/devices/gpu_words.h"
#include "launcher/devices/pci_bus.h"
#include "launcher/devices/visible_devices.h"

namespace dplaunch::doctor {

// --- the probe -----------------------------------------------------------------------------------

DeviceFacts probe_devices(const DeviceRequest& request, bool is_asked, bool is_in_container) {
  DeviceFacts facts;
  facts.request = request;
  facts.is_asked = is_asked;
  facts.is_in_container = is_in_container;
  if (request.form == DeviceForm::kCpu) {
    facts.machine = unprobed_machine();
    return facts;
  }
  facts.machine = probe_machine();
  const DeviceKind& kind = *facts.machine.probe.kind;
  facts.links = probe_links(kind);
  facts.gpus_on_pci_bus = count_gpus_on_pci_bus(kind);
  return facts;
}

// --- the judgement -------------------------------------------------------------------------------

namespace {

bool is_for_cpu(const DeviceFacts& facts) {
  return facts.request.form == DeviceForm::kCpu;
}

/// "auto" is content with the CPU; whoever names GPUs is not.
bool needs_gpus(const DeviceFacts& facts) {
  return facts.is_asked && facts.request.form != DeviceForm::kAuto;
}

std::string driver_remedy(const DeviceFacts& facts) {
  const DeviceKind& kind = *facts.machine.probe.kind;
  return facts.is_in_container ? kind.container_hint : kind.driver_hint;
}

/// The physical number, and for one of several instances its UUID.
std::string title(const Gpu& gpu) {
  const std::string uuid = is_mig_instance(gpu) ? fmt::format(" ({})", printable(gpu.uuid)) : "";
  return fmt::format("GPU {}{} (physical)", gpu.index, uuid);
}

std::vector<Gpu> visible(const DeviceFacts& facts) {
  return visible_gpus(facts.machine).gpus;
}

bool is_in(const std::vector<Gpu>& gpus, const Gpu& wanted) {
  return std::any_of(gpus.begin(), gpus.end(),
                     [&](const Gpu& gpu) { return is_same_gpu(gpu, wanted); });
}

/// The GPUs of the job that was asked about; of "auto", and where that job is impossible, all that
/// are visible: which of them are idle changes.
std::vector<Gpu> wanted(const DeviceFacts& facts) {
  if (!facts.is_asked || facts.request.form == DeviceForm::kAuto) return visible(facts);
  try {
    return select_devices(facts.request, facts.machine).gpus;
  } catch (const Error&) {
    return visible(facts);  // check_choice() says why
  }
}

/// Whether jobs do without this GPU anyway: by the inherited mask, or by what was asked about.
bool is_left_out(const DeviceFacts& facts, const Gpu& gpu) {
  return !is_in(wanted(facts), gpu);
}

/// What --device calls it, who counts in the list of the inherited mask.
int logical_index(const DeviceFacts& facts, const Gpu& wanted) {
  for (const Gpu& gpu : visible(facts)) {
    if (gpu.index == wanted.index) return gpu.logical_index;
  }
  return wanted.index;
}

Finding lost(const DeviceFacts& facts, const Gpu& gpu) {
  const DeviceKind& kind = *facts.machine.probe.kind;
  const bool is_spared = is_left_out(facts, gpu);
  const std::string reset = kind.reset_command == nullptr
                                ? ""
                                : fmt::format(", or as root {} {},", kind.reset_command, gpu.index);
  const std::string cure =
      fmt::format("dmesg | grep -i {} has the reason; a reboot{} often brings it back",
                  kind.kernel_log_tag, reset);
  const std::string finding =
      fmt::format("{} cannot be used: {}", title(gpu), printable(gpu.error));
  if (is_spared) return {Severity::kWarn, "GPU", finding, cure};
  return {Severity::kFail, "GPU", finding,
          fmt::format("{}; until then leave it out: --device 'all,!{}'", cure,
                      logical_index(facts, gpu))};
}

Finding busy(const Gpu& gpu) {
  return {Severity::kWarn, "GPU",
          fmt::format("{} is busy: {}", title(gpu), printable(gpu_usage(gpu))),
          "dplaunch devices shows who uses it; --device auto takes idle GPUs only, and --if-busy "
          "wait waits"};
}

std::string names_of(const DeviceSelection& selection) {
  if (selection.is_cpu()) {
    return "the CPU, " + counted(selection.cpu_processes, "process", "processes");
  }
  std::vector<std::string> names;
  for (const Gpu& gpu : selection.gpus) names.push_back(device_name(gpu));
  return "GPU " + joined(names);
}

bool has_index(const std::vector<Gpu>& gpus, int index) {
  return std::any_of(gpus.begin(), gpus.end(), [&](const Gpu& gpu) { return gpu.index == index; });
}

}  // namespace

Findings check_driver(const DeviceFacts& facts) {
  if (is_for_cpu(facts)) return {};
  const GpuProbe& probe = facts.machine.probe;
  if (!probe.gpus.empty()) {
    return {{Severity::kOk, "driver",
             fmt::format("{} driver {}", probe.kind->vendor, printable(probe.driver_version))}};
  }
  const std::string note = printable(probe.note);
  if (needs_gpus(facts)) return {{Severity::kFail, "driver", note, driver_remedy(facts)}};
  if (facts.gpus_on_pci_bus > 0) {
    return {{Severity::kWarn, "driver",
             fmt::format("{}; but the PCI bus has {}", note,
                         counted(facts.gpus_on_pci_bus, probe.kind->name)),
             driver_remedy(facts)}};
  }
  return {{Severity::kNote, "driver", note + "; --device auto takes the CPU",
           fmt::format("none, if this machine has no {}; otherwise: {}", probe.kind->name,
                       driver_remedy(facts))}};
}

Findings check_gpus(const DeviceFacts& facts) {
  if (is_for_cpu(facts) || facts.machine.probe.gpus.empty()) return {};
  Findings findings;
  std::size_t idle = 0;
  for (const Gpu& gpu : facts.machine.probe.gpus) {
    if (!gpu.error.empty()) {
      findings.push_back(lost(facts, gpu));
    } else if (is_busy(gpu)) {
      findings.push_back(busy(gpu));
    } else {
      ++idle;
    }
  }
  findings.push_back(
      {Severity::kOk, "GPU", fmt::format("idle: {} of {}", idle, facts.machine.probe.gpus.size())});
  return findings;
}

Findings check_choice(const DeviceFacts& facts) {
  const std::string what = "--device";
  if (needs_gpus(facts) && facts.machine.probe.gpus.empty() && !is_for_cpu(facts)) {
    return {};  // check_driver() says it
  }
  try {
    const DeviceSelection selection = select_devices(facts.request, facts.machine);
    return {{Severity::kOk, what,
             fmt::format("{} takes {}", printable(facts.request.text), names_of(selection))}};
  } catch (const Error& error) {
    return {
        {Severity::kFail, what, printable(error.what()),
         error.hint().empty() ? "dplaunch devices shows what there is" : printable(error.hint())}};
  }
}

Findings check_links(const DeviceFacts& facts) {
  const std::vector<Gpu> gpus = wanted(facts);
  std::vector<std::string> direct;
  std::vector<std::string> far;
  for (const GpuLink& link : facts.links) {
    if (!has_index(gpus, link.first) || !has_index(gpus, link.second)) continue;
    (link.name() == "SYS" ? far : direct)
        .push_back(fmt::format("{}-{} {}", link.first, link.second, link.name()));
  }
  Findings findings;
  if (!far.empty()) {
    findings.push_back(
        {Severity::kWarn, "GPU links",
         "between NUMA nodes, the slowest way (physical numbers): " + joined(far),
         "prefer GPUs that are closer to each other; dplaunch devices shows the matrix"});
  }
  if (!direct.empty()) findings.push_back({Severity::kOk, "GPU links", joined(direct)});
  return findings;
}

}  // namespace dplaunch::doctor
