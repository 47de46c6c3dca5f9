#include "launcher/devices/select_devices.h"

#include <algorithm>
#include <cstdio>

#include "common/error.h"
#include "launcher/devices/visible_devices.h"

namespace dplaunch {
namespace {

constexpr int kBusyPercent = 50;
constexpr char kCpuHint[] = "--device cpu:2 trains on the CPU";

std::string gib(std::int64_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", static_cast<double>(bytes) / (1 << 30));
  return text;
}

std::string title(const Gpu& gpu) {
  std::string text = "GPU " + std::to_string(gpu.logical_index);
  if (!gpu.name.empty()) text += " (" + gpu.name + ")";
  return text;
}

std::string usage(const Gpu& gpu) {
  std::string text =
      gib(gpu.memory_used_bytes) + " of " + gib(gpu.memory_total_bytes) + " GiB used";
  if (gpu.utilization_percent >= 0) {
    text = std::to_string(gpu.utilization_percent) + "% utilised, " + text;
  }
  for (std::size_t i = 0; i < gpu.processes.size(); ++i) {
    text += (i == 0 ? " by process " : ", ") + std::to_string(gpu.processes[i].pid);
  }
  return text;
}

std::string listing(const std::vector<Gpu>& gpus) {
  std::string text;
  for (const Gpu& gpu : gpus) {
    if (!text.empty()) text += ", ";
    const bool is_instance = gpu.uuid.starts_with("MIG-");
    text += is_instance ? gpu.uuid : std::to_string(gpu.logical_index);
    text += " (" + (gpu.error.empty() ? gpu.name : gpu.error) + ")";
  }
  return text;
}

class Resolver {
 public:
  Resolver(const DeviceRequest& request, const MachineDevices& machine)
      : request_(request),
        machine_(machine),
        visible_(visible_gpus(machine.probe.gpus, machine.visible_devices)) {}

  DeviceSelection resolve() {
    if (request_.kind == DeviceKind::kCpu) return on_cpu(std::max(1, request_.count));
    if (!visible_.note.empty()) selection_.warnings.push_back(visible_.note);
    if (request_.kind == DeviceKind::kAuto) return automatic();
    if (visible_.gpus.empty()) throw no_gpu();
    selection_.gpus = request_.kind == DeviceKind::kAll ? visible_.gpus : named();
    exclude();
    check_usable();
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
      // A machine for GPUs whose driver is broken must not train on the CPU unnoticed.
      if (visible_.note.empty() && machine_.probe.has_library) {
        selection_.warnings.push_back("warning: no GPU, the CPU is used: " + machine_.probe.note);
      }
      return on_cpu(std::min(2, machine_.usable_cores));
    }
    std::string passed_over;
    for (const Gpu& gpu : visible_.gpus) {
      const bool is_broken = !gpu.error.empty();
      if (!is_broken && !is_busy(gpu)) {
        selection_.gpus.push_back(gpu);
        continue;
      }
      if (!passed_over.empty()) passed_over += "; ";
      passed_over += title(gpu) + ": " + (is_broken ? gpu.error : "busy, " + usage(gpu));
    }
    require_enough(passed_over);
    keep_emptiest();
    if (!passed_over.empty()) selection_.warnings.push_back("passed over " + passed_over);
    return std::move(selection_);
  }

  void require_enough(const std::string& passed_over) const {
    const auto idle = static_cast<int>(selection_.gpus.size());
    if (idle >= std::max(1, request_.count)) return;
    std::string problem = idle == 0 ? std::string("no GPU is idle")
                                    : "only " + std::to_string(idle) + " idle GPU" +
                                          (idle == 1 ? "" : "s") + " of " +
                                          std::to_string(visible_.gpus.size());
    if (!passed_over.empty()) problem += " (" + passed_over + ")";
    throw error(problem, "name a GPU to use it nonetheless, for example --device " +
                             std::to_string(visible_.gpus.front().logical_index) + "; " + kCpuHint);
  }

  /// "auto:N" takes the N with the least memory in use, and lists them in their own order.
  void keep_emptiest() {
    if (request_.count == 0) return;
    auto& gpus = selection_.gpus;
    std::stable_sort(gpus.begin(), gpus.end(), [](const Gpu& a, const Gpu& b) {
      return a.memory_used_bytes < b.memory_used_bytes;
    });
    gpus.resize(static_cast<std::size_t>(request_.count));
    std::stable_sort(gpus.begin(), gpus.end(),
                     [](const Gpu& a, const Gpu& b) { return a.logical_index < b.logical_index; });
  }

  std::vector<Gpu> named() const {
    std::vector<Gpu> gpus;
    for (const DeviceName& name : request_.included) {
      const Gpu& gpu = find(name);
      if (contains(gpus, gpu)) throw error(title(gpu) + " is given twice", "name each GPU once");
      gpus.push_back(gpu);
    }
    return gpus;
  }

  void exclude() {
    auto& gpus = selection_.gpus;
    for (const DeviceName& name : request_.excluded) {
      const Gpu& gpu = find(name);
      if (!contains(gpus, gpu)) {
        throw error("leaves out " + title(gpu) + ", which it does not name", "");
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
      throw error(called + " does not exist; there are: " + listing(visible_.gpus) + mask,
                  "the numbers are those of nvidia-smi, from 0; with CUDA_VISIBLE_DEVICES they are "
                  "places in that list");
    }
    std::vector<Gpu> candidates;
    for (const Gpu* gpu : found) candidates.push_back(*gpu);
    throw error(called + (name.index >= 0 ? " is split into MIG instances" : " is ambiguous"),
                name.index >= 0 ? "name an instance: " + listing(candidates)
                                : "give more of the UUID: " + listing(candidates));
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
        throw error(title(gpu) + " cannot be used: " + gpu.error,
                    way_around(gpu) + "; nvidia-smi shows its state");
      }
      if (is_busy(gpu)) {
        selection_.warnings.push_back("warning: " + title(gpu) + " is busy: " + usage(gpu) +
                                      "; --device auto takes only idle GPUs");
      }
    }
  }

  const DeviceRequest& request_;
  const MachineDevices& machine_;
  const VisibleGpus visible_;
  DeviceSelection selection_;
};

}  // namespace

bool is_busy(const Gpu& gpu) {
  return gpu.utilization_percent >= kBusyPercent ||
         (gpu.memory_total_bytes > 0 && gpu.memory_used_bytes >= gpu.memory_total_bytes / 4);
}

DeviceSelection select_devices(const DeviceRequest& request, const MachineDevices& machine) {
  return Resolver(request, machine).resolve();
}

}  // namespace dplaunch
