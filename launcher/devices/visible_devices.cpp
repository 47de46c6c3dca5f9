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

}  // namespace

VisibleGpus visible_gpus(const MachineDevices& machine) {
  const std::vector<Gpu>& gpus = machine.probe.gpus;
  if (!machine.visible_devices) return {gpus, {}};
  const std::string& mask = *machine.visible_devices;
  const std::string variable = fmt::format("{}=\"{}\"", machine.probe.kind->mask_variable, mask);
  VisibleGpus visible;
  std::istringstream entries(mask);
  for (std::string entry; std::getline(entries, entry, ',');) {
    entry.erase(std::remove(entry.begin(), entry.end(), ' '), entry.end());
    const Gpu* gpu = find_entry(gpus, entry);
    const auto is_same = [&](const Gpu& other) {
      return other.index == gpu->index && other.uuid == gpu->uuid;
    };
    if (gpu == nullptr || std::any_of(visible.gpus.begin(), visible.gpus.end(), is_same)) {
      visible.note = fmt::format("{} is cut off at \"{}\", which {}", variable, entry,
                                 gpu == nullptr ? "fits no single GPU" : "is given twice");
      return visible;
    }
    visible.gpus.push_back(*gpu);
    visible.gpus.back().logical_index = static_cast<int>(visible.gpus.size()) - 1;
  }
  if (const std::size_t hidden = gpus.size() - visible.gpus.size(); hidden > 0) {
    visible.note = fmt::format("{} hides {} of {}", variable, hidden,
                               counted(static_cast<std::int64_t>(gpus.size()), "GPU"));
  }
  return visible;
}

}  // namespace dplaunch
