#include "worker/batches/host_batches.h"

#include <ATen/ops/from_blob.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "worker/trace/trace_range.h"

namespace dplaunch {
namespace {

using namespace cifar100;

at::Tensor view_images(const Batch& batch, ImageLayout layout) {
  const std::vector<std::int64_t> shape = {batch.size(), kChannels, kSide, kSide};
  const std::vector<std::int64_t> nhwc_strides = {kImageBytes, 1, kSide * kChannels, kChannels};
  if (layout == ImageLayout::kNchw) return at::from_blob(batch.images(), shape, at::kFloat);
  return at::from_blob(batch.images(), shape, nhwc_strides, at::kFloat);
}

LoaderConfig on_fast_memory(LoaderConfig config) {
  config.allocate = device::allocate_host_memory;
  return config;
}

}  // namespace

HostBatches::HostBatches(const Cifar100File& data, const LoaderConfig& config,
                         const IndicesOfEpoch& indices_of_epoch, at::Device device)
    : loader_(data, on_fast_memory(config), indices_of_epoch),
      layout_(config.layout),
      device_(device) {}

void HostBatches::start_epoch(std::int64_t epoch, std::int64_t first_step) {
  give_back();
  loader_.start_epoch(epoch, first_step);
}

std::optional<DeviceBatch> HostBatches::next() {
  const TraceRange range("data");
  give_back();
  held_ = loader_.next();
  if (!held_) return std::nullopt;
  DeviceBatch batch{view_images(*held_, layout_),
                    at::from_blob(held_->labels(), {held_->size()}, at::kLong)};
  if (device_.is_cpu()) return batch;
  batch.images = batch.images.to(device_, /*non_blocking=*/true);
  batch.labels = batch.labels.to(device_, /*non_blocking=*/true);
  copied_.record();
  return batch;
}

/// The memory goes back to the loader only when the device has read it.
void HostBatches::give_back() {
  copied_.wait();
  held_.reset();
}

}  // namespace dplaunch
