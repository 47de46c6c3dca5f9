#include <algorithm>

#include "base/error.h"
#include "base/text/printable.h"
#include "launcher/commands/doctor/checks.h"
#include "launcher/devices/gpu_words.h"
#include "launcher/devices/visible_devices.h"

namespace dplaunch::doctor {
namespace {

bool is_for_cpu(const DeviceFacts& facts) {
  return facts.request.kind == DeviceKind::kCpu;
}

/// "auto" is content with the CPU; whoever names GPUs is not.
bool needs_gpus(const DeviceFacts& facts) {
  return facts.is_asked && facts.request.kind != DeviceKind::kAuto;
}

std::string driver_remedy(const DeviceFacts& facts) {
  if (facts.is_in_container) {
    return "start the container with its GPUs (docker run --gpus all; on the host: the NVIDIA "
           "Container Toolkit); nvidia-smi must work inside it";
  }
  return "nvidia-smi must work first: install the NVIDIA driver; after an update of it, reboot";
}

/// The physical number, and for one of several instances its UUID.
std::string title(const Gpu& gpu) {
  return "GPU " + std::to_string(gpu.index) +
         (is_mig_instance(gpu) ? " (" + printable(gpu.uuid) + ")" : "") + " (physical)";
}

std::vector<Gpu> visible(const DeviceFacts& facts) {
  return visible_gpus(facts.machine.probe.gpus, facts.machine.visible_devices).gpus;
}

bool is_in(const std::vector<Gpu>& gpus, const Gpu& wanted) {
  return std::any_of(gpus.begin(), gpus.end(), [&](const Gpu& gpu) {
    return gpu.index == wanted.index && gpu.uuid == wanted.uuid;
  });
}

/// The GPUs of the job that was asked about; of "auto", and where that job is impossible, all that
/// are visible: which of them are idle changes.
std::vector<Gpu> wanted(const DeviceFacts& facts) {
  if (!facts.is_asked || facts.request.kind == DeviceKind::kAuto) return visible(facts);
  try {
    return select_devices(facts.request, facts.machine).gpus;
  } catch (const Error&) {
    return visible(facts);  // check_choice() says why
  }
}

/// Whether jobs do without this GPU anyway: by CUDA_VISIBLE_DEVICES, or by what was asked about.
bool is_left_out(const DeviceFacts& facts, const Gpu& gpu) {
  return !is_in(wanted(facts), gpu);
}

/// What --device calls it, who counts in the list of CUDA_VISIBLE_DEVICES.
int logical_index(const DeviceFacts& facts, const Gpu& wanted) {
  for (const Gpu& gpu : visible(facts)) {
    if (gpu.index == wanted.index) return gpu.logical_index;
  }
  return wanted.index;
}

Finding lost(const DeviceFacts& facts, const Gpu& gpu) {
  const bool is_spared = is_left_out(facts, gpu);
  const std::string cure =
      "dmesg | grep -i xid has the reason; a reboot, or as root nvidia-smi --gpu-reset -i " +
      std::to_string(gpu.index) + ", often brings it back";
  return {is_spared ? Severity::kWarn : Severity::kFail, "GPU",
          title(gpu) + " cannot be used: " + printable(gpu.error),
          is_spared ? cure
                    : cure + "; until then leave it out: --device 'all,!" +
                          std::to_string(logical_index(facts, gpu)) + "'"};
}

Finding busy(const Gpu& gpu) {
  return {Severity::kWarn, "GPU", title(gpu) + " is busy: " + printable(gpu_usage(gpu)),
          "dplaunch devices shows who uses it; --device auto takes idle GPUs only, and --if-busy "
          "wait waits"};
}

std::string names_of(const DeviceSelection& selection) {
  if (selection.is_cpu()) {
    return "the CPU, " + std::to_string(selection.cpu_processes) +
           (selection.cpu_processes == 1 ? " process" : " processes");
  }
  std::string names = "GPU ";
  for (const Gpu& gpu : selection.gpus) {
    names += (names.size() > 4 ? ", " : "") + device_name(gpu);
  }
  return names;
}

bool has_index(const std::vector<Gpu>& gpus, int index) {
  return std::any_of(gpus.begin(), gpus.end(), [&](const Gpu& gpu) { return gpu.index == index; });
}

}  // namespace

Findings check_driver(const DeviceFacts& facts) {
  if (is_for_cpu(facts)) return {};
  const GpuProbe& probe = facts.machine.probe;
  if (!probe.gpus.empty()) {
    return {{Severity::kOk, "driver", "NVIDIA driver " + printable(probe.driver_version)}};
  }
  const std::string note = printable(probe.note);
  if (needs_gpus(facts)) return {{Severity::kFail, "driver", note, driver_remedy(facts)}};
  if (facts.gpus_on_pci_bus > 0) {
    return {{Severity::kWarn, "driver",
             note + "; but the PCI bus has " + std::to_string(facts.gpus_on_pci_bus) +
                 " NVIDIA GPU" + (facts.gpus_on_pci_bus == 1 ? "" : "s"),
             driver_remedy(facts)}};
  }
  return {{Severity::kNote, "driver", note + "; --device auto takes the CPU",
           "none, if this machine has no NVIDIA GPU; otherwise: " + driver_remedy(facts)}};
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
  const std::size_t count = facts.machine.probe.gpus.size();
  findings.push_back(
      {Severity::kOk, "GPU", "idle: " + std::to_string(idle) + " of " + std::to_string(count)});
  return findings;
}

Findings check_choice(const DeviceFacts& facts) {
  const std::string what = "--device";
  if (needs_gpus(facts) && facts.machine.probe.gpus.empty() && !is_for_cpu(facts)) {
    return {};  // check_driver() says it
  }
  try {
    const DeviceSelection selection = select_devices(facts.request, facts.machine);
    return {{Severity::kOk, what, printable(facts.request.text) + " takes " + names_of(selection)}};
  } catch (const Error& error) {
    return {
        {Severity::kFail, what, printable(error.what()),
         error.hint().empty() ? "dplaunch devices shows what there is" : printable(error.hint())}};
  }
}

Findings check_links(const DeviceFacts& facts) {
  const std::vector<Gpu> gpus = wanted(facts);
  std::string direct;
  std::string far;
  for (const GpuLink& link : facts.links) {
    if (!has_index(gpus, link.first) || !has_index(gpus, link.second)) continue;
    const std::string pair =
        std::to_string(link.first) + "-" + std::to_string(link.second) + " " + link.name();
    std::string& list = link.name() == "SYS" ? far : direct;
    list += (list.empty() ? "" : ", ") + pair;
  }
  Findings findings;
  if (!far.empty()) {
    findings.push_back({Severity::kWarn, "GPU links",
                        "between NUMA nodes, the slowest way (physical numbers): " + far,
                        "prefer GPUs that are closer to each other; dplaunch devices shows the "
                        "matrix"});
  }
  if (!direct.empty()) findings.push_back({Severity::kOk, "GPU links", direct});
  return findings;
}

}  // namespace dplaunch::doctor
