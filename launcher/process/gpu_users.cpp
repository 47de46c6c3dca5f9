#include "launcher/process/gpu_users.h"

#include "base/process/describe_process.h"
#include "base/text/words.h"
#include "launcher/devices/nvml.h"

namespace dplaunch {
namespace {

constexpr std::size_t kCommandBytes = 60;

std::string describe(const GpuProcess& process) {
  const ProcessDescription found = describe_process(process.pid);
  std::string text = "process " + std::to_string(process.pid);
  if (found.is_visible) {
    text += " (" + found.user + ": " + found.command.substr(0, kCommandBytes) + ")";
  }
  if (process.memory_bytes < 0) return text;
  return text + ": " + gib_text(process.memory_bytes) + " GiB";
}

}  // namespace

std::vector<std::string> gpu_users(const std::string& uuid) {
  std::vector<std::string> users;
  for (const Gpu& gpu : probe_gpus().gpus) {
    if (gpu.uuid != uuid) continue;
    for (const GpuProcess& process : gpu.processes) users.push_back(describe(process));
  }
  return users;
}

}  // namespace dplaunch
