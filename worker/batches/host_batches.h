#pragma once

#include <cstdint>

#include "worker/batches/batch_source.h"
#include "worker/device/device.h"

namespace dplaunch {

/// Batches that a BatchLoader's threads assemble. On the CPU the tensors are the loader's own
/// memory; on a GPU they are copied from pinned memory without waiting.
class HostBatches final : public BatchSource {
 public:
  HostBatches(const Cifar100File& data, const LoaderConfig& config,
              const IndicesOfEpoch& indices_of_epoch, at::Device device);

  void start_epoch(std::int64_t epoch, std::int64_t first_step) override;
  std::optional<DeviceBatch> next() override;

 private:
  void give_back();

  BatchLoader loader_;
  ImageLayout layout_;
  at::Device device_;
  std::optional<Batch> held_;
  device::Fence copied_;
};

}  // namespace dplaunch
