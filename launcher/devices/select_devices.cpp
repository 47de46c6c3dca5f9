#include "launcher/devices/select_devices.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "base/error.h"
#include "base/text/choice.h"
#include "base/text/words.h"
#include "launcher/devices/gpu_words.h"
#include "launcher/devices/visible_devices.h"

namespace dplaunch {
namespace {

constexpr int kBusyPercent = 50;
constexpr char kCpuHint[] = "--device cpu:2 runs on the CPU";
constexpr char kWarning[] = "warning: ";

constexpr char kBusyHint[] =
    "--if-busy wait waits for it, skip leaves it out, warn uses it nonetheless; "
    "dplaunch devices shows all";

/// Orders by what is in use, the idlest first.
bool is_idler(const Gpu& a, const Gpu& b) {
  const auto load = [](const Gpu& gpu) { return std::max(0, gpu.utilization_percent); };
  const auto share = [](const Gpu& gpu) {
    const auto total = static_cast<double>(std::max<std::int64_t>(1, gpu.memory_total_bytes));
    return static_cast<double>(gpu.memory_used_bytes) / total;
  };
  return std::pair(load(a), share(a)) < std::pair(load(b), share(b));
}

std::string busy_words(const Gpu& gpu) {
  return fmt::format("{} is busy: {}", gpu_title(gpu), gpu_usage(gpu));
}

/// The probe's own reason first: no mask can leave a GPU where there is none.
std::string why_no_gpu(const MachineDevices& machine) {
  const GpuProbe& probe = machine.probe;
  if (!probe.gpus.empty()) return visible_gpus(machine).note;
  if (probe.gpus_on_pci_bus == 0) return probe.note;
  return fmt::format("{}; the PCI bus has {}", probe.note,
                     counted(probe.gpus_on_pci_bus, probe.kind->name));
}

/// What the selection's mask will have to say.
void judge_mask(const MachineDevices& machine, DeviceSelection& selection) {
  const std::vector<Gpu>& all = machine.probe.gpus;
  selection.has_sure_numbers = std::none_of(all.begin(), all.end(), [](const Gpu& gpu) {
    return is_mig_instance(gpu) || !gpu.error.empty();
  });
  selection.keeps_mask =
      inherited_masks(machine).empty() &&
      std::equal(all.begin(), all.end(), selection.gpus.begin(), selection.gpus.end(), is_same_gpu);
}

class Resolver {
 public:
  Resolver(const DeviceRequest& request, const MachineDevices& machine, IfBusy if_busy)
      : request_(request), machine_(machine), if_busy_(if_busy), visible_(visible_gpus(machine)) {
    selection_.gpu_kind = machine.probe.kind;
  }

  DeviceSelection resolve() {
    if (request_.form == DeviceForm::kCpu) return on_cpu(std::max(1, request_.count));
    if (request_.form == DeviceForm::kAuto && request_.count == 0 && visible_.gpus.empty()) {
      warn_of_missing_gpus(machine_, selection_);
      return on_cpu(std::min(2, machine_.usable_cores));
    }
    if (visible_.gpus.empty()) throw no_gpu();
    if (!machine_.probe.other_gpus.empty()) {
      selection_.warnings.push_back(machine_.probe.other_gpus);
    }
    if (!visible_.note.empty()) {
      selection_.warnings.push_back((visible_.is_mask_wrong ? kWarning : "") + visible_.note);
    }
    if (request_.form == DeviceForm::kAuto) return automatic();
    selection_.gpus = request_.form == DeviceForm::kAll ? visible_.gpus : named();
    exclude();
    check_usable();
    treat_busy();
    return std::move(selection_);
  }

 private:
  Error error(const std::string& problem, const std::string& hint) const {
    return Error(ExitCode::kDevice, fmt::format("--device \"{}\": {}", request_.text, problem),
                 hint);
  }

  const DeviceKind& kind() const { return *machine_.probe.kind; }

  Error no_gpu() const {
    std::string hint = kCpuHint;
    if (!machine_.probe.gpus.empty()) {
      hint = fmt::format("unset {}, or let it list GPUs that there are (dplaunch devices); {}",
                         mask_variables(machine_), kCpuHint);
    } else if (is_broken(machine_.probe)) {
      hint = fmt::format("{}; {}", kind().driver_hint, kCpuHint);
    }
    return error("no GPU: " + why_no_gpu(machine_), hint);
  }

  DeviceSelection on_cpu(int processes) {
    selection_.cpu_processes = processes;
    if (processes > machine_.usable_cores) {
      selection_.warnings.push_back(
          fmt::format("{} processes share {} usable cores", processes, machine_.usable_cores));
    }
    return std::move(selection_);
  }

  DeviceSelection automatic() {
    take_idle();
    if (request_.count > 0) keep_idlest(request_.count);
    return std::move(selection_);
  }

  void take_idle() {
    std::vector<Gpu> usable;
    std::vector<std::string> reasons;
    for (const Gpu& gpu : visible_.gpus) {
      if (gpu.error.empty()) usable.push_back(gpu);
      if (gpu.error.empty() && !is_busy(gpu)) {
        selection_.gpus.push_back(gpu);
      } else {
        reasons.push_back(gpu.error.empty() ? busy_words(gpu)
                                            : fmt::format("{}: {}", gpu_title(gpu), gpu.error));
      }
    }
    const std::string passed_over = joined(reasons, "; ");
    if (has_enough(selection_.gpus)) {
      if (!passed_over.empty()) selection_.warnings.push_back("passed over: " + passed_over);
    } else if (if_busy_ == IfBusy::kWait && has_enough(usable)) {
      selection_.gpus = usable;
      keep_idlest(std::max(1, request_.count));
      wait_for(passed_over);
    } else {
      throw too_few(passed_over, usable);
    }
  }

  bool has_enough(const std::vector<Gpu>& gpus) const {
    return static_cast<int>(gpus.size()) >= std::max(1, request_.count);
  }

  Error too_few(const std::string& passed_over, const std::vector<Gpu>& usable) const {
    const auto idle = static_cast<int>(selection_.gpus.size());
    std::string problem = "no GPU is idle";
    if (idle > 0) {
      problem = fmt::format("only {} of {}", counted(idle, "idle GPU"), visible_.gpus.size());
    }
    if (!passed_over.empty()) problem += fmt::format(" ({})", passed_over);
    std::string hint;
    if (has_enough(usable)) hint = "--if-busy wait waits until enough are idle; ";
    if (!usable.empty()) {
      hint += fmt::format("name a GPU to use it nonetheless, for example --device {}; ",
                          device_name(usable.front()));
    }
    return error(problem, hint + kCpuHint);
  }

  void keep_idlest(int count) {
    auto& gpus = selection_.gpus;
    std::stable_sort(gpus.begin(), gpus.end(), is_idler);
    gpus.resize(static_cast<std::size_t>(count));
    std::stable_sort(gpus.begin(), gpus.end(),
                     [](const Gpu& a, const Gpu& b) { return a.logical_index < b.logical_index; });
  }

  std::vector<Gpu> named() const {
    std::vector<Gpu> gpus;
    for (const DeviceName& name : request_.included) {
      const Gpu& gpu = find(name);
      if (contains(gpus, gpu))
        throw error(gpu_title(gpu) + " is given twice", "name each GPU once");
      gpus.push_back(gpu);
    }
    return gpus;
  }

  void exclude() {
    auto& gpus = selection_.gpus;
    for (const DeviceName& name : request_.excluded) {
      const Gpu& gpu = find(name);
      if (!contains(gpus, gpu)) {
        throw error(fmt::format("leaves out {}, which it does not name", gpu_title(gpu)),
                    "remove that part");
      }
      std::erase_if(gpus, [&](const Gpu& other) { return is_same_gpu(gpu, other); });
    }
    if (gpus.empty()) throw error("leaves nothing over", kCpuHint);
  }

  const Gpu& find(const DeviceName& name) const {
    std::vector<const Gpu*> found;
    for (const Gpu& gpu : visible_.gpus) {
      const bool fits =
          name.index >= 0 ? gpu.logical_index == name.index : gpu.uuid.starts_with(name.uuid);
      if (fits) found.push_back(&gpu);
    }
    if (found.size() == 1) return *found.front();
    const bool is_number = name.index >= 0;
    const std::string called = is_number ? fmt::format("GPU {}", name.index) : name.uuid;
    if (found.empty()) throw no_such_gpu(called);
    std::vector<Gpu> candidates;
    for (const Gpu* gpu : found) candidates.push_back(*gpu);
    throw error(called + (is_number ? " is split into MIG instances" : " is ambiguous"),
                fmt::format("{}: {}", is_number ? "name an instance" : "give more of the UUID",
                            gpu_listing(candidates)));
  }

  Error no_such_gpu(const std::string& called) const {
    const std::string mask = visible_.note.empty() ? "" : "; " + visible_.note;
    return error(
        fmt::format("{} does not exist; there are: {}{}", called, gpu_listing(visible_.gpus), mask),
        fmt::format("the numbers are those of {}, from 0; with {} they are places in "
                    "that list",
                    kind().numbers_of, mask_variables(machine_)));
  }

  static bool contains(const std::vector<Gpu>& gpus, const Gpu& gpu) {
    return std::any_of(gpus.begin(), gpus.end(),
                       [&](const Gpu& other) { return is_same_gpu(gpu, other); });
  }

  std::string way_around(const Gpu& gpu) const {
    if (request_.form != DeviceForm::kAll) return "--device auto takes the GPUs that work";
    // Quoted: an interactive shell takes "!" for its history.
    return fmt::format("--device '{},!{}' leaves it out", request_.text, gpu.logical_index);
  }

  void check_usable() const {
    for (const Gpu& gpu : selection_.gpus) {
      if (!gpu.error.empty()) {
        throw error(fmt::format("{} cannot be used: {}", gpu_title(gpu), gpu.error),
                    fmt::format("{}; {} shows its state", way_around(gpu), kind().state_tool));
      }
    }
  }

  void treat_busy() {
    std::vector<std::string> reasons;
    for (const Gpu& gpu : selection_.gpus) {
      if (!is_busy(gpu)) continue;
      reasons.push_back(busy_words(gpu));
      if (if_busy_ == IfBusy::kWarn) {
        selection_.warnings.push_back(
            fmt::format("warning: {}; --device auto takes only idle GPUs", reasons.back()));
      }
    }
    if (reasons.empty()) return;
    const std::string busy = joined(reasons, "; ");
    if (if_busy_ == IfBusy::kFail) throw error(busy, kBusyHint);
    if (if_busy_ == IfBusy::kWait) wait_for(busy);
    if (if_busy_ == IfBusy::kSkip) skip_busy(busy);
  }

  void wait_for(const std::string& busy) {
    selection_.waits_for = busy;
    selection_.warnings.push_back("waits until idle: " + busy);
  }

  void skip_busy(const std::string& busy) {
    std::erase_if(selection_.gpus, is_busy);
    if (selection_.gpus.empty()) throw error("leaves no GPU over: " + busy, kBusyHint);
    selection_.warnings.push_back("left out: " + busy);
  }

  const DeviceRequest& request_;
  const MachineDevices& machine_;
  const IfBusy if_busy_;
  const VisibleGpus visible_;
  DeviceSelection selection_;
};

}  // namespace

bool is_busy(const Gpu& gpu) {
  return gpu.utilization_percent >= kBusyPercent ||
         (gpu.memory_total_bytes > 0 && gpu.memory_used_bytes >= gpu.memory_total_bytes / 4);
}

IfBusy parse_if_busy(const std::string& text) {
  const auto if_busy = choice_of<IfBusy>(text, {{"warn", IfBusy::kWarn},
                                                {"skip", IfBusy::kSkip},
                                                {"fail", IfBusy::kFail},
                                                {"wait", IfBusy::kWait}});
  if (if_busy) return *if_busy;
  throw Error(ExitCode::kUsage, fmt::format("--if-busy \"{}\" is not known", text),
              "allowed are warn (use it, and say who is on it), skip (leave it out), fail, "
              "wait (until it is idle)");
}

void warn_of_missing_gpus(const MachineDevices& machine, DeviceSelection& selection) {
  if (machine.probe.gpus.empty() && !is_broken(machine.probe)) return;
  selection.warnings.push_back(
      fmt::format("{}no GPU, the CPU is used: {}", kWarning, why_no_gpu(machine)));
}

DeviceSelection select_devices(const DeviceRequest& request, const MachineDevices& machine,
                               IfBusy if_busy) {
  DeviceSelection selection = Resolver(request, machine, if_busy).resolve();
  judge_mask(machine, selection);
  return selection;
}

}  // namespace dplaunch
