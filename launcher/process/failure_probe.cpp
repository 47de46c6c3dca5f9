#include "launcher/process/failure_probe.h"

#include <fmt/core.h>

#include <fstream>
#include <string>
#include <vector>

#include "base/process/describe_process.h"
#include "base/text/words.h"
#include "launcher/devices/machine_devices.h"

namespace dplaunch {
namespace {

constexpr std::size_t kCommandBytes = 60;

/// How many processes the kernel's out-of-memory killer has ended on this host since it was booted
/// (oom_kill in /proc/vmstat, Linux 4.13 or newer); -1 if the kernel does not say.
long count_oom_kills() {
  std::ifstream counters("/proc/vmstat");
  std::string name;
  long value = 0;
  while (counters >> name >> value) {
    if (name == "oom_kill") return value;
  }
  return -1;
}

/// "process 4711 (anna: python train.py): 8.0 GiB"; the owner only of a process that this container
/// shows, the memory only where the driver knows it.
std::string describe_gpu_process(const GpuProcess& process) {
  const ProcessDescription found = describe_process(process.pid);
  std::string text = fmt::format("process {}", process.pid);
  if (found.is_visible) {
    text += fmt::format(" ({}: {})", found.user, found.command.substr(0, kCommandBytes));
  }
  if (process.memory_bytes < 0) return text;
  return text + fmt::format(": {} GiB", gib_text(process.memory_bytes));
}

std::vector<std::string> gpu_users(const std::string& uuid) {
  std::vector<std::string> users;
  for (const Gpu& gpu : probe_gpus().gpus) {
    if (gpu.uuid != uuid) continue;
    for (const GpuProcess& process : gpu.processes) users.push_back(describe_gpu_process(process));
  }
  return users;
}

}  // namespace

FailureProbe::FailureProbe() : earlier_oom_kills_(count_oom_kills()) {}

FailureContext FailureProbe::context_of(const RankOutcome& failed) const {
  FailureContext context;
  const long oom_kills = count_oom_kills();
  if (oom_kills >= 0) context.oom_kills = oom_kills - earlier_oom_kills_;
  // The ranks are gone: who holds memory now is somebody else.
  if (is_gpu_out_of_memory(failed)) context.other_gpu_users = gpu_users(failed.device);
  return context;
}

}  // namespace dplaunch
