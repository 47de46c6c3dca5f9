#pragma once

#include <cstdint>

#include "worker/batches/batch_source.h"

namespace dplaunch {

/// Batches of a data set that stays on the device as bytes (163 MB for CIFAR-100's training set),
/// cropped, flipped, normalised and erased there in about ten operations for a whole batch. What
/// is done to each image is decided on the host, as for HostBatches, and copied once an epoch: no
/// step waits for the host. On the CPU the same operations run in the step itself, which is slower
/// than HostBatches' threads.
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
    at::Tensor samples;  ///< [n] int64, image numbers
    at::Tensor labels;   ///< [n] int64
    at::Tensor sources;  ///< [n, 4, 32] uint8: SourceMap
  };

  at::Tensor assemble(const at::Tensor& samples, const at::Tensor& sources) const;

  LoaderConfig config_;
  IndicesOfEpoch indices_of_epoch_;
  at::Device device_;
  at::Tensor pixels_;         ///< [images * 3 * 33 * 33] uint8, black behind each row and column
  at::Tensor labels_;         ///< [images] int64
  at::Tensor values_;         ///< [3 * 256] fp32, normalised
  at::Tensor plane_offsets_;  ///< [3] int64, of the channels in an image of `pixels_`
  at::Tensor value_offsets_;  ///< [3] int64, of the channels in `values_`
  Epoch epoch_;
  std::int64_t next_image_ = 0;
};

}  // namespace dplaunch
