#include "launcher/devices/visible_devices.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <sstream>
#include <utility>

#include "base/text/parse_number.h"
#include "base/text/words.h"

namespace dplaunch {
namespace {

/// The GPU that one entry of the mask means, or nullptr.
const Gpu* find_entry(const std::vector<Gpu>& gpus, const std::string& entry) {
  const std::optional<int> index = parse_number<int>(entry);
  const Gpu* found = nullptr;
  for (const Gpu& gpu : gpus) {
    if (index && gpu.logical_index == *index)
      return &gpu;  // of a split one CUDA takes the first part
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

/// Takes away from `visible` what this mask hides, and says so.
void apply(const InheritedMask& mask, VisibleGpus& visible) {
  std::vector<Gpu> left;
  const std::string problem = read_mask(mask.value, visible.gpus, left);
  if (mask.is_outer) {
    for (Gpu& gpu : left) gpu.outer_index = gpu.logical_index;
  }
  const std::string variable = fmt::format("{}=\"{}\"", mask.variable, mask.value);
  const auto all = static_cast<std::int64_t>(visible.gpus.size());
  const std::size_t hidden = visible.gpus.size() - left.size();
  std::string note;
  if (hidden > 0) note = fmt::format("{} hides {} of {}", variable, hidden, counted(all, "GPU"));
  if (!problem.empty()) note = fmt::format("{}: {}", note.empty() ? variable : note, problem);
  visible.is_mask_wrong = visible.is_mask_wrong || !problem.empty() || left.empty();
  if (!note.empty()) visible.note += (visible.note.empty() ? "" : "; ") + note;
  visible.gpus = std::move(left);
}

}  // namespace

VisibleGpus visible_gpus(const MachineDevices& machine) {
  VisibleGpus visible{machine.probe.gpus};
  // Where there is no GPU the probe says why; what a mask would make of it is beside the point.
  if (visible.gpus.empty()) return visible;
  for (const InheritedMask& mask : inherited_masks(machine)) apply(mask, visible);
  return visible;
}

}  // namespace dplaunch
