#include "launcher/devices/gpu_words.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/process/describe_process.h"
#include "base/text/printable.h"
#include "base/text/terminal_text.h"
#include "base/text/words.h"

namespace dplaunch {
namespace {

constexpr std::size_t kMostNamed = 4;
constexpr int kCommandWidth = 60;

std::string process_words(const GpuProcess& process) {
  const ProcessDescription description = describe_process(process.pid);
  if (!description.is_visible) return fmt::format("{} (not visible here)", process.pid);
  return fmt::format("{} ({}: {})", process.pid, description.user,
                     shortened(description.command, kCommandWidth));
}

}  // namespace

std::string GpuLink::name() const {
  if (nvlinks > 0) return fmt::format("NV{}", nvlinks);
  return path.empty() ? "?" : path;
}

std::string gpu_title(const Gpu& gpu) {
  if (gpu.name.empty()) return fmt::format("GPU {}", gpu.logical_index);
  return fmt::format("GPU {} ({})", gpu.logical_index, gpu.name);
}

std::string device_name(const Gpu& gpu) {
  return is_mig_instance(gpu) ? gpu.uuid : std::to_string(gpu.logical_index);
}

std::string gpu_usage(const Gpu& gpu) {
  std::string text;
  if (gpu.utilization_percent >= 0) text = fmt::format("{}% utilised, ", gpu.utilization_percent);
  text += fmt::format("{} of {} GiB used", gib_text(gpu.memory_used_bytes),
                      gib_text(gpu.memory_total_bytes));
  const std::size_t named = std::min(gpu.processes.size(), kMostNamed);
  for (std::size_t i = 0; i < named; ++i) {
    text += (i == 0 ? " by process " : ", ") + process_words(gpu.processes[i]);
  }
  if (named < gpu.processes.size()) {
    text += fmt::format(" and {} more", gpu.processes.size() - named);
  }
  return text;
}

std::string gpu_listing(const std::vector<Gpu>& gpus) {
  std::vector<std::string> words;
  for (const Gpu& gpu : gpus) {
    words.push_back(
        fmt::format("{} ({})", device_name(gpu), gpu.error.empty() ? gpu.name : gpu.error));
  }
  return joined(words);
}

}  // namespace dplaunch
