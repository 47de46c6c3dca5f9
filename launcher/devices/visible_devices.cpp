#include "launcher/devices/visible_devices.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <sstream>

#include "base/text/parse_number.h"
#include "base/text/words.h"

namespace dplaunch {
namespace {

/// The GPU that one entry of the mask means, or nullptr.
const Gpu* find_entry(const std::vector<Gpu>& gpus, const std::string& entry) {
  const std::optional<int> index = parse_number<int>(entry);
  const Gpu* found = nullptr;
  for (const Gpu& gpu : gpus) {
    if (index && gpu.index == *index) return &gpu;  // of a split GPU CUDA takes the first part
    if (index || entry.size() < 4 || !gpu.uuid.starts_with(entry)) continue;
    if (found != nullptr) return nullptr;  // ambiguous
    found = &gpu;
  }
  return found;
}

/// Lists the GPUs that the mask leaves; returns what is wrong with it, or an empty string.
std::string read_mask(const std::string& mask, const std::vector<Gpu>& gpus,
                      std::vector<Gpu>& visible) {
  std::istringstream entries(mask);
  for (std::string entry; std::getline(entries, entry, ',');) {
    entry.erase(std::remove(entry.begin(), entry.end(), ' '), entry.end());
    const Gpu* gpu = find_entry(gpus, entry);
    if (gpu == nullptr) return fmt::format("it ends at \"{}\", which fits no single GPU", entry);
    const auto is_same = [&](const Gpu& other) { return is_same_gpu(other, *gpu); };
    if (std::any_of(visible.begin(), visible.end(), is_same)) {
      visible.clear();
      return fmt::format("\"{}\" is given twice, which leaves none", entry);
    }
    visible.push_back(*gpu);
    visible.back().logical_index = static_cast<int>(visible.size()) - 1;
  }
  return {};
}

}  // namespace

VisibleGpus visible_gpus(const MachineDevices& machine) {
  const std::vector<Gpu>& gpus = machine.probe.gpus;
  // Where there is no GPU the probe says why; what a mask would make of it is beside the point.
  if (!machine.visible_devices || gpus.empty()) return {gpus};
  const std::string& mask = *machine.visible_devices;
  const std::string variable = fmt::format("{}=\"{}\"", machine.probe.kind->mask_variable, mask);
  VisibleGpus visible;
  const std::string problem = read_mask(mask, gpus, visible.gpus);
  const auto all = static_cast<std::int64_t>(gpus.size());
  const std::size_t hidden = gpus.size() - visible.gpus.size();
  visible.is_mask_wrong = !problem.empty() || visible.gpus.empty();
  if (hidden > 0) {
    visible.note = fmt::format("{} hides {} of {}", variable, hidden, counted(all, "GPU"));
  }
  if (!problem.empty()) {
    visible.note = fmt::format("{}: {}", visible.note.empty() ? variable : visible.note, problem);
  }
  return visible;
}

}  // namespace dplaunch
