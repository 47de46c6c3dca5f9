#include "launcher/devices/visible_devices.h"

#include <algorithm>
#include <charconv>
#include <sstream>

namespace dplaunch {
namespace {

/// The GPU that one entry of the mask means, or nullptr.
const Gpu* find_entry(const std::vector<Gpu>& gpus, const std::string& entry) {
  int index = 0;
  const char* end = entry.data() + entry.size();
  const auto [stop, error] = std::from_chars(entry.data(), end, index);
  const bool is_number = error == std::errc() && stop == end;
  const Gpu* found = nullptr;
  for (const Gpu& gpu : gpus) {
    if (is_number && gpu.index == index) return &gpu;  // of a split GPU CUDA takes the first part
    if (is_number || entry.size() < 4 || !gpu.uuid.starts_with(entry)) continue;
    if (found != nullptr) return nullptr;  // ambiguous
    found = &gpu;
  }
  return found;
}

}  // namespace

VisibleGpus visible_gpus(const std::vector<Gpu>& gpus, const std::optional<std::string>& mask) {
  if (!mask) return {gpus, {}};
  VisibleGpus visible;
  std::istringstream entries(*mask);
  std::string entry;
  while (std::getline(entries, entry, ',')) {
    entry.erase(std::remove(entry.begin(), entry.end(), ' '), entry.end());
    const Gpu* gpu = find_entry(gpus, entry);
    const auto is_same = [&](const Gpu& other) {
      return other.index == gpu->index && other.uuid == gpu->uuid;
    };
    if (gpu == nullptr || std::any_of(visible.gpus.begin(), visible.gpus.end(), is_same)) {
      visible.note = "CUDA_VISIBLE_DEVICES=\"" + *mask + "\" is cut off at \"" + entry +
                     "\", which " + (gpu == nullptr ? "fits no single GPU" : "is given twice");
      return visible;
    }
    visible.gpus.push_back(*gpu);
    visible.gpus.back().logical_index = static_cast<int>(visible.gpus.size()) - 1;
  }
  const std::size_t hidden = gpus.size() - visible.gpus.size();
  if (hidden > 0) {
    visible.note = "CUDA_VISIBLE_DEVICES=\"" + *mask + "\" hides " + std::to_string(hidden) +
                   " of " + std::to_string(gpus.size()) + (gpus.size() == 1 ? " GPU" : " GPUs");
  }
  return visible;
}

}  // namespace dplaunch
