#include "worker/batches/device_batches.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "worker/trace/trace_range.h"

namespace dplaunch {
namespace {

using namespace cifar100;

constexpr std::int64_t kPaddedSide = kSide + 1;
constexpr std::int64_t kPaddedPlane = kPaddedSide * kPaddedSide;
static_assert(kDeviceImageBytes == kChannels * kPaddedPlane);
constexpr std::int64_t kPixelValues = 256;

at::Tensor padded_pixels(const Cifar100File& data) {
  at::Tensor pixels = at::zeros({data.size(), kChannels, kPaddedSide, kPaddedSide}, at::kByte);
  auto* to = pixels.mutable_data_ptr<std::uint8_t>();
  for (std::int64_t image = 0; image < data.size(); ++image) {
    const std::uint8_t* from = data.pixels(image).data();
    for (std::int64_t channel = 0; channel < kChannels; ++channel, to += kPaddedPlane) {
      for (std::int64_t y = 0; y < kSide; ++y, from += kSide) {
        std::memcpy(to + y * kPaddedSide, from, kSide);
      }
    }
  }
  return pixels.flatten();
}

at::Tensor fine_labels(const Cifar100File& data) {
  at::Tensor labels = at::empty({data.size()}, at::kLong);
  auto* to = labels.mutable_data_ptr<std::int64_t>();
  for (std::int64_t image = 0; image < data.size(); ++image) to[image] = data.fine_label(image);
  return labels;
}

at::Tensor normalized_values() {
  const NormalizedValues& values = normalized_pixel_values();
  return at::from_blob(const_cast<float*>(values.front().data()), {kChannels * kPixelValues},
                       at::kFloat)
      .clone();
}

/// One row an image of `samples`, as SourceMap lies in memory.
at::Tensor source_maps(const LoaderConfig& config, std::int64_t epoch,
                       std::span<const std::int64_t> samples) {
  static_assert(sizeof(SourceMap) == 4 * kSide);
  const auto count = static_cast<std::int64_t>(samples.size());
  at::Tensor maps = at::empty({count, 4, kSide}, at::kByte);
  auto* to = maps.mutable_data_ptr<std::uint8_t>();
  for (const std::int64_t sample : samples) {
    const SourceMap map =
        config.augmentation
            ? source_map(*config.augmentation,
                         choose_augmentation(*config.augmentation, config.seed, epoch, sample))
            : source_map({}, {});
    std::memcpy(to, &map, sizeof map);
    to += sizeof map;
  }
  return maps;
}

at::Tensor copy_of(std::span<const std::int64_t> values) {
  at::Tensor copy = at::empty({static_cast<std::int64_t>(values.size())}, at::kLong);
  std::memcpy(copy.mutable_data_ptr(), values.data(), values.size_bytes());
  return copy;
}

}  // namespace

DeviceBatches::DeviceBatches(const Cifar100File& data, LoaderConfig config,
                             IndicesOfEpoch indices_of_epoch, at::Device device)
    : config_(std::move(config)),
      indices_of_epoch_(std::move(indices_of_epoch)),
      device_(device),
      pixels_(padded_pixels(data).to(device)),
      labels_(fine_labels(data).to(device)),
      values_(normalized_values().to(device)),
      plane_offsets_(at::arange(kChannels, at::kLong).mul(kPaddedPlane).to(device)),
      value_offsets_(at::arange(kChannels, at::kLong).mul(kPixelValues).to(device)) {}

void DeviceBatches::start_epoch(std::int64_t epoch, std::int64_t first_step) {
  const std::vector<std::int64_t> order = indices_of_epoch_(epoch);
  const auto done = static_cast<std::size_t>(first_step * config_.batch_size);
  const std::span<const std::int64_t> left = std::span(order).subspan(std::min(done, order.size()));
  epoch_.samples = copy_of(left).to(device_);
  epoch_.labels = labels_.index_select(0, epoch_.samples);
  epoch_.sources = source_maps(config_, epoch, left).to(device_);
  next_image_ = 0;
}

std::optional<DeviceBatch> DeviceBatches::next() {
  const TraceRange range("data");
  const std::int64_t count = std::min(config_.batch_size, epoch_.samples.size(0) - next_image_);
  if (count <= 0) return std::nullopt;
  const auto rows = [&](const at::Tensor& all) { return all.narrow(0, next_image_, count); };
  DeviceBatch batch{assemble(rows(epoch_.samples), rows(epoch_.sources)), rows(epoch_.labels)};
  next_image_ += count;
  return batch;
}

at::Tensor DeviceBatches::assemble(const at::Tensor& samples, const at::Tensor& sources) const {
  const at::Tensor first = samples.mul(kDeviceImageBytes).view({-1, 1, 1, 1});
  const at::Tensor y = sources.select(1, 0).to(at::kLong).mul(kPaddedSide).unsqueeze(2);
  const at::Tensor x = sources.select(1, 1).to(at::kLong).unsqueeze(1);
  // [n, y, x, channel]: NHWC, whose permuted view is a channels_last tensor.
  const at::Tensor where = (y + x).unsqueeze(3) + first + plane_offsets_;
  at::Tensor images = values_.take(pixels_.take(where).to(at::kLong).add(value_offsets_));
  if (config_.augmentation && config_.augmentation->cutout > 0) {
    const at::Tensor is_erased =
        sources.select(1, 2).unsqueeze(2) * sources.select(1, 3).unsqueeze(1);
    images.masked_fill_(is_erased.to(at::kBool).unsqueeze(3), 0);
  }
  images = images.permute({0, 3, 1, 2});
  return config_.layout == ImageLayout::kNhwc ? images : images.contiguous();
}

}  // namespace dplaunch
