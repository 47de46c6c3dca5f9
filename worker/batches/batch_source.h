#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>

#include "common/config/config.h"
#include "worker/data/batch_loader.h"

namespace dplaunch {

/// A batch on the device that trains.
struct DeviceBatch {
  at::Tensor images;  ///< [n, 3, 32, 32] fp32, in the memory format of the configuration
  at::Tensor labels;  ///< [n] int64
};

/// The batches of an epoch on the device that trains, in order. Not thread-safe.
class BatchSource {
 public:
  virtual ~BatchSource() = default;
  /// Begins an epoch, and abandons the one before where it is.
  virtual void start_epoch(std::int64_t epoch, std::int64_t first_step) = 0;
  /// The next batch, valid until the following call; nothing at the end of the epoch.
  virtual std::optional<DeviceBatch> next() = 0;
};

/// Bytes on the device of each image, if the device assembles the batches.
inline constexpr std::int64_t kDeviceImageBytes = cifar100::kChannels * (cifar100::kSide + 1) *
                                                  (cifar100::kSide + 1) *
                                                  std::int64_t{sizeof(float)};

/// Whether `config.loader` has the device assemble the batches.
bool is_loaded_by_device(const Config& config, at::Device device);

/// By `config.loader`: threads of the host assemble the batches (HostBatches), or the device does
/// (DeviceBatches); by default a GPU does, and the CPU leaves it to threads. The batches are the
/// same bit for bit. `data` must outlive the source.
std::unique_ptr<BatchSource> make_batch_source(const Config& config, const Cifar100File& data,
                                               const LoaderConfig& loader,
                                               const IndicesOfEpoch& indices_of_epoch,
                                               at::Device device);

}  // namespace dplaunch
