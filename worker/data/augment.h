#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "common/config/config.h"
#include "common/data_set.h"

namespace dplaunch {

/// How the three channels of an image lie in memory. kNhwc is Torch's channels_last.
enum class ImageLayout { kNhwc, kNchw };

/// The published mean and standard deviation of CIFAR-100's training pixels, in [0, 1].
inline constexpr std::array<float, 3> kChannelMean = {0.50707516F, 0.48654887F, 0.44091784F};
inline constexpr std::array<float, 3> kChannelStd = {0.26733429F, 0.25643846F, 0.27615047F};

/// What the border around an image holds: black (pixel value 0, as in torchvision, before the
/// normalisation) or the image mirrored without repeating its edge (as `reflect` of numpy, Torch).
enum class CropFill { kZero, kReflect };

struct AugmentConfig {
  std::int64_t crop_padding = 0;  ///< pixels on each side, 0..31; 0 = no random crop
  CropFill crop_fill = CropFill::kZero;
  bool flip = false;
  std::int64_t cutout = 0;  ///< side of the erased square in pixels; 0 = none
};

AugmentConfig augment_config(const Config& config);

/// What is done to one image. The output pixel (y, x) shows the source pixel (y + dy, x + dx), x
/// counted from the right where `flip` is set; then a square around the cutout's centre is erased.
struct AugmentChoice {
  int dy = 0;  ///< in [-crop_padding, crop_padding]
  int dx = 0;
  bool flip = false;
  int cutout_y = 0;  ///< centre, in [0, 32)
  int cutout_x = 0;

  bool operator==(const AugmentChoice&) const = default;
};

/// Where the rows and columns of an augmented image come from, for whoever copies the pixels
/// otherwise than augment() does. A source coordinate of `kSide` is black (pixel value 0). The
/// pixels whose row and column are both erased become 0 after the normalisation.
struct SourceMap {
  using Coordinates = std::array<std::uint8_t, cifar100::kSide>;
  Coordinates y{};
  Coordinates x{};
  Coordinates is_erased_y{};  ///< 0 or 1
  Coordinates is_erased_x{};
};

/// The normalised value of each pixel value, of each channel: exactly what the three float
/// operations give.
using NormalizedValues = std::array<std::array<float, 256>, cifar100::kChannels>;
const NormalizedValues& normalized_pixel_values();

/// A function of the arguments alone, whatever the thread, the rank or the order.
AugmentChoice choose_augmentation(const AugmentConfig& config, std::uint64_t seed,
                                  std::int64_t epoch, std::int64_t sample_index);

SourceMap source_map(const AugmentConfig& config, const AugmentChoice& choice);

using ImagePixels = std::span<const std::uint8_t, cifar100::kImageBytes>;  ///< planes (CHW)
using ImageFloats = std::span<float, cifar100::kImageBytes>;

/// Crops, flips, normalises ((pixel / 255 - mean) / std) and erases. The erased square covers
/// [centre - side / 2, centre - side / 2 + side), clipped at the border, and becomes the mean (0).
void augment(const AugmentConfig& config, const AugmentChoice& choice, ImagePixels pixels,
             ImageLayout layout, ImageFloats out);

/// Normalises alone, for evaluation.
void normalize(ImagePixels pixels, ImageLayout layout, ImageFloats out);

}  // namespace dplaunch
