#include "launcher/devices/gpu_words.h"

#include <algorithm>
#include <cstdio>

#include "base/process/describe_process.h"
#include "base/text/printable.h"
#include "base/text/terminal_text.h"
#include "base/text/words.h"

namespace dplaunch {
namespace {

constexpr std::size_t kMostProcesses = 4;
constexpr int kCommandWidth = 60;

std::string process_words(const GpuProcess& process) {
  const ProcessDescription description = describe_process(process.pid);
  const std::string who = description.is_visible ? description.user + ": " +
                                                       shortened(description.command, kCommandWidth)
                                                 : "not visible here";
  return std::to_string(process.pid) + " (" + who + ")";
}

}  // namespace

std::string gpu_title(const Gpu& gpu) {
  std::string text = "GPU " + std::to_string(gpu.logical_index);
  if (!gpu.name.empty()) text += " (" + gpu.name + ")";
  return text;
}

std::string device_name(const Gpu& gpu) {
  return is_mig_instance(gpu) ? gpu.uuid : std::to_string(gpu.logical_index);
}

std::string gpu_usage(const Gpu& gpu) {
  std::string text =
      gib_text(gpu.memory_used_bytes) + " of " + gib_text(gpu.memory_total_bytes) + " GiB used";
  if (gpu.utilization_percent >= 0) {
    text = std::to_string(gpu.utilization_percent) + "% utilised, " + text;
  }
  const std::size_t named = std::min(gpu.processes.size(), kMostProcesses);
  for (std::size_t i = 0; i < named; ++i) {
    text += (i == 0 ? " by process " : ", ") + process_words(gpu.processes[i]);
  }
  if (named < gpu.processes.size()) {
    text += " and " + std::to_string(gpu.processes.size() - named) + " more";
  }
  return text;
}

std::string gpu_listing(const std::vector<Gpu>& gpus) {
  std::string text;
  for (const Gpu& gpu : gpus) {
    if (!text.empty()) text += ", ";
    text += device_name(gpu) + " (" + (gpu.error.empty() ? gpu.name : gpu.error) + ")";
  }
  return text;
}

}  // namespace dplaunch
