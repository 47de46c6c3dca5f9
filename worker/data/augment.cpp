#include "worker/data/augment.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "worker/data/random.h"

namespace dplaunch {
namespace {

using cifar100::kChannels;
using cifar100::kSide;
constexpr std::int64_t kPlane = kSide * kSide;
constexpr std::int64_t kBlack = kSide;  ///< position of the black pixel behind a row

/// A table, so that a pixel costs one load instead of three operations.
constexpr NormalizedValues make_values() {
  NormalizedValues tables{};
  for (std::int64_t channel = 0; channel < kChannels; ++channel) {
    for (int pixel = 0; pixel < 256; ++pixel) {
      tables[channel][pixel] =
          (static_cast<float>(pixel) / 255.0F - kChannelMean[channel]) / kChannelStd[channel];
    }
  }
  return tables;
}

constexpr NormalizedValues kValues = make_values();

/// Source coordinate of `at`, which may lie outside the image; kBlack for a black border.
std::int64_t source_coordinate(std::int64_t at, CropFill fill) {
  if (at >= 0 && at < kSide) return at;
  if (fill == CropFill::kZero) return kBlack;
  return at < 0 ? -at : 2 * (kSide - 1) - at;
}

using Coordinates = SourceMap::Coordinates;

Coordinates map_coordinates(int shift, bool flip, CropFill fill) {
  Coordinates map{};
  for (int at = 0; at < kSide; ++at) {
    const std::int64_t unflipped = flip ? kSide - 1 - at : at;
    map[at] = static_cast<std::uint8_t>(source_coordinate(unflipped + shift, fill));
  }
  return map;
}

/// One row of one channel with a black pixel behind it.
using Row = std::array<std::uint8_t, kSide + 1>;

Row load_row(ImagePixels pixels, std::int64_t channel, std::int64_t source_y) {
  Row row{};
  if (source_y != kBlack) {
    std::memcpy(row.data(), pixels.data() + channel * kPlane + source_y * kSide, kSide);
  }
  return row;
}

void write_row_nhwc(const std::array<Row, kChannels>& rows, const Coordinates& map_x, float* out) {
  for (int x = 0; x < kSide; ++x) {
    const int from = map_x[x];
    for (std::int64_t channel = 0; channel < kChannels; ++channel) {
      out[x * kChannels + channel] = kValues[channel][rows[channel][from]];
    }
  }
}

void write_row_nchw(const std::array<Row, kChannels>& rows, const Coordinates& map_x, float* out) {
  for (std::int64_t channel = 0; channel < kChannels; ++channel) {
    for (int x = 0; x < kSide; ++x) {
      out[channel * kPlane + x] = kValues[channel][rows[channel][map_x[x]]];
    }
  }
}

void write_image(ImagePixels pixels, const Coordinates& map_y, const Coordinates& map_x,
                 ImageLayout layout, ImageFloats out) {
  for (std::int64_t y = 0; y < kSide; ++y) {
    std::array<Row, kChannels> rows;
    for (std::int64_t channel = 0; channel < kChannels; ++channel) {
      rows[channel] = load_row(pixels, channel, map_y[y]);
    }
    if (layout == ImageLayout::kNhwc) {
      write_row_nhwc(rows, map_x, out.data() + y * kSide * kChannels);
    } else {
      write_row_nchw(rows, map_x, out.data() + y * kSide);
    }
  }
}

struct Interval {
  std::int64_t first;
  std::int64_t last;  ///< one behind
};

Interval clipped_square(std::int64_t centre, std::int64_t side) {
  const std::int64_t first = centre - side / 2;
  return {std::clamp<std::int64_t>(first, 0, kSide),
          std::clamp<std::int64_t>(first + side, 0, kSide)};
}

void erase_square(const AugmentChoice& choice, std::int64_t side, ImageLayout layout,
                  ImageFloats out) {
  const Interval rows = clipped_square(choice.cutout_y, side);
  const Interval columns = clipped_square(choice.cutout_x, side);
  const std::int64_t width = columns.last - columns.first;
  for (std::int64_t y = rows.first; y < rows.last; ++y) {
    const std::int64_t start = y * kSide + columns.first;
    if (layout == ImageLayout::kNhwc) {
      std::fill_n(out.data() + start * kChannels, width * kChannels, 0.0F);
      continue;
    }
    for (std::int64_t channel = 0; channel < kChannels; ++channel) {
      std::fill_n(out.data() + channel * kPlane + start, width, 0.0F);
    }
  }
}

}  // namespace

AugmentConfig augment_config(const Config& config) {
  if (config.crop_padding < 0 || config.crop_padding >= kSide) {
    throw Error(ExitCode::kUsage, fmt::format("crop_padding {} is out of range (0..{})",
                                              config.crop_padding, kSide - 1));
  }
  return {config.crop_padding, config.crop_fill == "reflect" ? CropFill::kReflect : CropFill::kZero,
          config.flip, config.cutout};
}

AugmentChoice choose_augmentation(const AugmentConfig& config, std::uint64_t seed,
                                  std::int64_t epoch, std::int64_t sample_index) {
  SplitMix64 random =
      random_stream(seed, RandomPurpose::kAugmentation,
                    {static_cast<std::uint64_t>(epoch), static_cast<std::uint64_t>(sample_index)});
  // Each number is drawn whether it is used or not, so that switching one augmentation on or off
  // leaves the others as they are.
  const int padding = static_cast<int>(config.crop_padding);
  const auto crop_positions = static_cast<std::uint32_t>(2 * padding + 1);
  AugmentChoice choice;
  choice.dy = static_cast<int>(random.below(crop_positions)) - padding;
  choice.dx = static_cast<int>(random.below(crop_positions)) - padding;
  choice.flip = random.below(2) == 1 && config.flip;
  choice.cutout_y = static_cast<int>(random.below(kSide));
  choice.cutout_x = static_cast<int>(random.below(kSide));
  return choice;
}

const NormalizedValues& normalized_pixel_values() {
  return kValues;
}

SourceMap source_map(const AugmentConfig& config, const AugmentChoice& choice) {
  SourceMap map;
  map.y = map_coordinates(choice.dy, false, config.crop_fill);
  map.x = map_coordinates(choice.dx, choice.flip, config.crop_fill);
  if (config.cutout == 0) return map;
  const Interval rows = clipped_square(choice.cutout_y, config.cutout);
  const Interval columns = clipped_square(choice.cutout_x, config.cutout);
  std::fill(map.is_erased_y.begin() + rows.first, map.is_erased_y.begin() + rows.last, 1);
  std::fill(map.is_erased_x.begin() + columns.first, map.is_erased_x.begin() + columns.last, 1);
  return map;
}

void augment(const AugmentConfig& config, const AugmentChoice& choice, ImagePixels pixels,
             ImageLayout layout, ImageFloats out) {
  write_image(pixels, map_coordinates(choice.dy, false, config.crop_fill),
              map_coordinates(choice.dx, choice.flip, config.crop_fill), layout, out);
  if (config.cutout > 0) erase_square(choice, config.cutout, layout, out);
}

void normalize(ImagePixels pixels, ImageLayout layout, ImageFloats out) {
  augment(AugmentConfig{}, AugmentChoice{}, pixels, layout, out);
}

}  // namespace dplaunch
