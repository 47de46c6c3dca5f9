#include "worker/batches/device_batches.h"

#include <ATen/ops/empty.h>

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
constexpr std::int64_t kPaddedImage = kPaddedSide * kPaddedSide;
static_assert(kDeviceImageBytes == kPaddedImage * kChannels * sizeof(float));

/// Normalises images [first, first + count) of the file into `to`.
void write_padded(const Cifar100File& data, std::int64_t first, std::int64_t count, float* to) {
  const NormalizedValues& values = normalized_pixel_values();
  for (std::int64_t image = first; image < first + count; ++image) {
    const std::uint8_t* from = data.pixels(image).data();
    for (std::int64_t y = 0; y < kPaddedSide; ++y) {
      for (std::int64_t x = 0; x < kPaddedSide; ++x) {
        const bool is_black = y == kSide || x == kSide;
        for (std::int64_t channel = 0; channel < kChannels; ++channel) {
          const std::int64_t at = (channel * kSide + y) * kSide + x;
          *to++ = values[static_cast<std::size_t>(channel)][is_black ? 0 : from[at]];
        }
      }
    }
  }
}

at::Tensor fine_labels(const Cifar100File& data) {
  at::Tensor labels = at::empty({data.size()}, at::kLong);
  auto* to = labels.mutable_data_ptr<std::int64_t>();
  for (std::int64_t image = 0; image < data.size(); ++image) to[image] = data.fine_label(image);
  return labels;
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
      labels_(fine_labels(data).to(device)) {
  load_pixels(data);
}

/// In pieces: the host needs not hold all of it at once.
void DeviceBatches::load_pixels(const Cifar100File& data) {
  constexpr std::int64_t kImagesAtOnce = 1000;
  pixels_ = at::empty({data.size() * kPaddedImage, kChannels},
                      at::TensorOptions().dtype(at::kFloat).device(device_));
  for (std::int64_t first = 0; first < data.size(); first += kImagesAtOnce) {
    const std::int64_t count = std::min(kImagesAtOnce, data.size() - first);
    const at::Tensor piece = at::empty({count * kPaddedImage, kChannels}, at::kFloat);
    write_padded(data, first, count, piece.mutable_data_ptr<float>());
    pixels_.narrow(0, first * kPaddedImage, count * kPaddedImage).copy_(piece);
  }
}

void DeviceBatches::start_epoch(std::int64_t epoch, std::int64_t first_step) {
  const std::vector<std::int64_t> order = indices_of_epoch_(epoch);
  const auto done = static_cast<std::size_t>(first_step * config_.batch_size);
  const std::span<const std::int64_t> left = std::span(order).subspan(std::min(done, order.size()));
  const at::Tensor samples = copy_of(left).to(device_);
  const at::Tensor sources = source_maps(config_, epoch, left).to(device_);
  const auto of_map = [&](std::int64_t row) { return sources.select(1, row); };
  epoch_.labels = labels_.index_select(0, samples);
  const at::Tensor first = samples.mul(kPaddedImage).unsqueeze(1);
  epoch_.rows = of_map(0).to(at::kLong).mul_(kPaddedSide).add_(first).unsqueeze(2);
  epoch_.columns = of_map(1).to(at::kLong).unsqueeze(1);
  epoch_.is_erased_y = of_map(2).to(at::kBool).unsqueeze(2);
  epoch_.is_erased_x = of_map(3).to(at::kBool).unsqueeze(1);
  next_image_ = 0;
}

std::optional<DeviceBatch> DeviceBatches::next() {
  const TraceRange range("data");
  const std::int64_t count = std::min(config_.batch_size, epoch_.labels.size(0) - next_image_);
  if (count <= 0) return std::nullopt;
  DeviceBatch batch{assemble(next_image_, count), epoch_.labels.narrow(0, next_image_, count)};
  next_image_ += count;
  return batch;
}

at::Tensor DeviceBatches::assemble(std::int64_t first, std::int64_t count) const {
  const auto part = [&](const at::Tensor& all) { return all.narrow(0, first, count); };
  const at::Tensor where = part(epoch_.rows) + part(epoch_.columns);
  // [n, y, x, channel]: NHWC, whose permuted view is a channels_last tensor.
  at::Tensor images =
      pixels_.index_select(0, where.flatten()).view({count, kSide, kSide, kChannels});
  if (config_.augmentation && config_.augmentation->cutout > 0) {
    const at::Tensor is_erased = part(epoch_.is_erased_y).logical_and(part(epoch_.is_erased_x));
    images.masked_fill_(is_erased.unsqueeze(3), 0);
  }
  images = images.permute({0, 3, 1, 2});
  return config_.layout == ImageLayout::kNhwc ? images : images.contiguous();
}

}  // namespace dplaunch
