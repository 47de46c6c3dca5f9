#include "launcher/view/gpu_watch.h"

#include "launcher/devices/machine_devices.h"

namespace dplaunch {

std::optional<GpuUse> GpuWatch::use_of(const std::string& uuid, std::int64_t now_ns) {
  if (uuid.empty()) return {};
  if (!asked_ns_ || now_ns - *asked_ns_ >= kIntervalNs) refresh(now_ns);
  const auto found = uses_.find(uuid);
  if (found == uses_.end()) return {};
  return found->second;
}

void GpuWatch::refresh(std::int64_t now_ns) {
  asked_ns_ = now_ns;
  uses_.clear();
  for (const std::string& uuid : uuids_) uses_[uuid].error = "not listed";
  for (const Gpu& gpu : probe_gpus().gpus) {
    const auto use = uses_.find(gpu.uuid);
    if (use == uses_.end()) continue;
    use->second = {gpu.memory_used_bytes, gpu.memory_total_bytes, gpu.utilization_percent,
                   gpu.error};
  }
}

}  // namespace dplaunch
