#include "worker/batches/batch_source.h"

#include "worker/batches/device_batches.h"
#include "worker/batches/host_batches.h"

namespace dplaunch {

bool is_loaded_by_device(const Config& config, at::Device device) {
  // On a GPU no thread of the host is needed; on the CPU the same work would lengthen the step.
  return config.loader == "device" || (config.loader == "auto" && !device.is_cpu());
}

std::unique_ptr<BatchSource> make_batch_source(const Config& config, const Cifar100File& data,
                                               const LoaderConfig& loader,
                                               const IndicesOfEpoch& indices_of_epoch,
                                               at::Device device) {
  if (is_loaded_by_device(config, device)) {
    return std::make_unique<DeviceBatches>(data, loader, indices_of_epoch, device);
  }
  return std::make_unique<HostBatches>(data, loader, indices_of_epoch, device);
}

}  // namespace dplaunch
