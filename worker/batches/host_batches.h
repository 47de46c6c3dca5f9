#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

#include "worker/data/batch_loader.h"
#include "worker/device/device.h"

namespace dplaunch {

/// A batch on the device that trains.
struct DeviceBatch {
  at::Tensor images;  ///< [n, 3, 32, 32] fp32, in the loader's memory format
  at::Tensor labels;  ///< [n] int64
};

/// Brings a loader's batches to the device. On the CPU the tensors are the loader's own memory; on
/// a GPU they are copied from pinned memory without waiting.
class BatchStream {
 public:
  BatchStream(BatchLoader& loader, ImageLayout layout, at::Device device)
      : loader_(loader), layout_(layout), device_(device) {}

  /// The next batch, valid until the following call; nothing at the end of the epoch.
  std::optional<DeviceBatch> next();

 private:
  BatchLoader& loader_;
  ImageLayout layout_;
  at::Device device_;
  std::optional<Batch> held_;
  device::Fence copied_;
};

}  // namespace dplaunch
