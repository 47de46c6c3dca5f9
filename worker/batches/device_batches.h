#pragma once

#include <cstdint>

#include "worker/batches/batch_source.h"

namespace dplaunch {

/// Batches of a data set that stays on the device as normalised values (653 MB for CIFAR-100's
/// training set), cropped, flipped and erased there in two to five operations for a whole batch.
/// What is done to each image is decided on the host, as for HostBatches, and copied once an epoch:
/// no step waits for the host. On the CPU the same operations run in the step itself, which is
/// slower than HostBatches' threads.
class DeviceBatches final : public BatchSource {
 public:
  /// Copies the whole set to the device. Of `config` the threads and the allocator have no meaning.
  DeviceBatches(const Cifar100File& data, LoaderConfig config, IndicesOfEpoch indices_of_epoch,
                at::Device device);

  void start_epoch(std::int64_t epoch, std::int64_t first_step) override;
  std::optional<DeviceBatch> next() override;

 private:
  /// What the steps of an epoch need, one row an image in the order of use.
  struct Epoch {
    at::Tensor labels;       ///< [n] int64
    at::Tensor rows;         ///< [n, 32, 1] int64: where each row of the batch begins in `pixels_`
    at::Tensor columns;      ///< [n, 1, 32] int64: where each column is in a row of `pixels_`
    at::Tensor is_erased_y;  ///< [n, 32, 1] bool
    at::Tensor is_erased_x;  ///< [n, 1, 32] bool
  };

  void load_pixels(const Cifar100File& data);
  at::Tensor assemble(std::int64_t first, std::int64_t count) const;

  LoaderConfig config_;
  IndicesOfEpoch indices_of_epoch_;
  at::Device device_;
  at::Tensor pixels_;  ///< [images * 33 * 33, 3] fp32, black behind each row and column
  at::Tensor labels_;  ///< [images] int64
  Epoch epoch_;
  std::int64_t next_image_ = 0;
};

}  // namespace dplaunch
