#include "launcher/devices/select_devices.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "base/error.h"
#include "launcher/devices/gpu_words.h"
#include "launcher/devices/visible_devices.h"

namespace dplaunch {
namespace {

constexpr int kBusyPercent = 50;
constexpr char kCpuHint[] = "--device cpu:2 trains on the CPU";

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

std::string joined(const std::string& list, const std::string& item) {
  return list.empty() ? item : list + "; " + item;
}

std::string busy_words(const Gpu& gpu) {
  return gpu_title(gpu) + " is busy: " + gpu_usage(gpu);
}

class Resolver {
 public:
  Resolver(const DeviceRequest& request, const MachineDevices& machine, IfBusy if_busy)
      : request_(request),
        machine_(machine),
        if_busy_(if_busy),
        visible_(visible_gpus(machine.probe.gpus, machine.visible_devices)) {}

  DeviceSelection resolve() {
    if (request_.kind == DeviceKind::kCpu) return on_cpu(std::max(1, request_.count));
    if (!visible_.note.empty()) selection_.warnings.push_back(visible_.note);
    if (request_.kind == DeviceKind::kAuto) return automatic();
    if (visible_.gpus.empty()) throw no_gpu();
    selection_.gpus = request_.kind == DeviceKind::kAll ? visible_.gpus : named();
    exclude();
    check_usable();
    treat_busy();
    return std::move(selection_);
  }

 private:
  Error error(const std::string& problem, const std::string& hint) const {
    return Error(ExitCode::kDevice, "--device \"" + request_.text + "\": " + problem, hint);
  }

  Error no_gpu() const {
    const std::string& why = visible_.note.empty() ? machine_.probe.note : visible_.note;
    const bool is_broken = visible_.note.empty() && machine_.probe.has_library;
    return error("no GPU: " + why,
                 is_broken ? std::string("nvidia-smi says more; ") + kCpuHint : kCpuHint);
  }

  DeviceSelection on_cpu(int processes) {
    selection_.cpu_processes = processes;
    if (processes > machine_.usable_cores) {
      selection_.warnings.push_back(std::to_string(processes) + " processes share " +
                                    std::to_string(machine_.usable_cores) + " usable cores");
    }
    return std::move(selection_);
  }

  DeviceSelection automatic() {
    if (visible_.gpus.empty()) {
      if (request_.count > 0) throw no_gpu();
      if (visible_.note.empty()) warn_of_broken_driver(machine_.probe, selection_);
      return on_cpu(std::min(2, machine_.usable_cores));
    }
    take_idle();
    if (request_.count > 0) keep_idlest(request_.count);
    return std::move(selection_);
  }

  void take_idle() {
    std::vector<Gpu> usable;
    std::string passed_over;
    for (const Gpu& gpu : visible_.gpus) {
      if (gpu.error.empty()) usable.push_back(gpu);
      if (gpu.error.empty() && !is_busy(gpu)) {
        selection_.gpus.push_back(gpu);
      } else {
        passed_over = joined(
            passed_over, gpu.error.empty() ? busy_words(gpu) : gpu_title(gpu) + ": " + gpu.error);
      }
    }
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
    std::string problem = idle == 0 ? std::string("no GPU is idle")
                                    : "only " + std::to_string(idle) + " idle GPU" +
                                          (idle == 1 ? "" : "s") + " of " +
                                          std::to_string(visible_.gpus.size());
    if (!passed_over.empty()) problem += " (" + passed_over + ")";
    std::string hint;
    if (has_enough(usable)) hint = "--if-busy wait waits until enough are idle; ";
    if (!usable.empty()) {
      hint += "name a GPU to use it nonetheless, for example --device " +
              device_name(usable.front()) + "; ";
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
        throw error("leaves out " + gpu_title(gpu) + ", which it does not name",
                    "remove that part");
      }
      std::erase_if(gpus, [&](const Gpu& other) { return is_same(gpu, other); });
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
    const std::string called = name.index >= 0 ? "GPU " + std::to_string(name.index) : name.uuid;
    if (found.empty()) {
      const std::string mask = visible_.note.empty() ? "" : "; " + visible_.note;
      throw error(called + " does not exist; there are: " + gpu_listing(visible_.gpus) + mask,
                  "the numbers are those of nvidia-smi, from 0; with CUDA_VISIBLE_DEVICES they are "
                  "places in that list");
    }
    std::vector<Gpu> candidates;
    for (const Gpu* gpu : found) candidates.push_back(*gpu);
    throw error(called + (name.index >= 0 ? " is split into MIG instances" : " is ambiguous"),
                name.index >= 0 ? "name an instance: " + gpu_listing(candidates)
                                : "give more of the UUID: " + gpu_listing(candidates));
  }

  static bool is_same(const Gpu& a, const Gpu& b) { return a.index == b.index && a.uuid == b.uuid; }

  static bool contains(const std::vector<Gpu>& gpus, const Gpu& gpu) {
    return std::any_of(gpus.begin(), gpus.end(),
                       [&](const Gpu& other) { return is_same(gpu, other); });
  }

  std::string way_around(const Gpu& gpu) const {
    if (request_.kind != DeviceKind::kAll) return "--device auto takes the GPUs that work";
    // Quoted: an interactive shell takes "!" for its history.
    return "--device '" + request_.text + ",!" + std::to_string(gpu.logical_index) +
           "' leaves it out";
  }

  void check_usable() {
    for (const Gpu& gpu : selection_.gpus) {
      if (!gpu.error.empty()) {
        throw error(gpu_title(gpu) + " cannot be used: " + gpu.error,
                    way_around(gpu) + "; nvidia-smi shows its state");
      }
    }
  }

  void treat_busy() {
    std::string busy;
    for (const Gpu& gpu : selection_.gpus) {
      if (!is_busy(gpu)) continue;
      busy = joined(busy, busy_words(gpu));
      if (if_busy_ == IfBusy::kWarn) {
        selection_.warnings.push_back("warning: " + busy_words(gpu) +
                                      "; --device auto takes only idle GPUs");
      }
    }
    if (busy.empty()) return;
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
  if (text == "warn") return IfBusy::kWarn;
  if (text == "skip") return IfBusy::kSkip;
  if (text == "fail") return IfBusy::kFail;
  if (text == "wait") return IfBusy::kWait;
  throw Error(ExitCode::kUsage, "--if-busy \"" + text + "\" is not known",
              "allowed are warn (use it, and say who is on it), skip (leave it out), fail, "
              "wait (until it is idle)");
}

void warn_of_broken_driver(const GpuProbe& probe, DeviceSelection& selection) {
  if (!probe.has_library) return;
  selection.warnings.push_back("warning: no GPU, the CPU is used: " + probe.note);
}

DeviceSelection select_devices(const DeviceRequest& request, const MachineDevices& machine,
                               IfBusy if_busy) {
  return Resolver(request, machine, if_busy).resolve();
}

}  // namespace dplaunch
