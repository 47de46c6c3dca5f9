#include "worker/train/fit_batch.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <bit>
#include <cstdint>

#include "base/error.h"
#include "worker/device/device.h"
#include "worker/train/trial_step.h"

namespace dplaunch {
namespace {

struct TrialSizes {
  std::int64_t few;
  std::int64_t more;
};
/// Costs next to nothing, and is right within a factor of two.
constexpr TrialSizes kQuick = {2, 6};
/// Where that is too close to the limit.
constexpr TrialSizes kThorough = {16, 48};
constexpr std::int64_t kClear = 4;
/// Of what is predicted. Steps hold more than a trial (batches made ahead, fragments of the heap),
/// and two measurements differ by some 8%: a batch that was named as fitting must be accepted
/// later.
constexpr double kAccepted = 0.9;
constexpr double kNamed = 0.7;

std::int64_t share(double part, std::int64_t images) {
  return static_cast<std::int64_t>(part * static_cast<double>(images));
}

bool try_run(TrialStep& trial, std::int64_t images) {
  return device::try_within_memory([&] { trial.run(images); });
}

std::int64_t measure_bytes(TrialStep& trial, std::int64_t images) {
  // What an earlier trial has left would be used again, and not counted.
  device::release_unused_memory();
  const std::int64_t before_bytes = device::reset_peak_memory();
  trial.run(images);
  return device::peak_memory_bytes() - before_bytes;
}

/// Extrapolates linearly from what one image more takes.
std::int64_t predict_largest(TrialStep& trial, const TrialSizes& sizes, std::int64_t free_bytes,
                             at::Device device) {
  trial.run(sizes.few);  // what is allocated once, whatever the batch, must not count
  // Nor what cuDNN takes at the first run of a shape, while it looks for its fastest kernels.
  if (!device.is_cpu()) trial.run(sizes.more);
  const std::int64_t few_bytes = measure_bytes(trial, sizes.few);
  const std::int64_t more_bytes = measure_bytes(trial, sizes.more);
  const std::int64_t image_bytes =
      std::max<std::int64_t>((more_bytes - few_bytes) / (sizes.more - sizes.few), 1);
  return std::max<std::int64_t>(sizes.more + (free_bytes - more_bytes) / image_bytes, 0);
}

/// Up to `wanted`; 0 if not even one image fits.
std::int64_t largest_part(TrialStep& trial, std::int64_t wanted, std::int64_t free_bytes,
                          at::Device device) {
  if (!device.is_cpu() && try_run(trial, wanted)) return wanted;
  std::int64_t images = predict_largest(trial, kQuick, free_bytes, device);
  if (images < kClear * wanted && images > kThorough.more) {
    images = predict_largest(trial, kThorough, free_bytes, device);
  }
  if (device.is_cpu() && wanted <= share(kAccepted, images)) return wanted;
  images = std::min(wanted - 1, share(kNamed, images));
  while (images > 0 && !try_run(trial, images)) images = std::min(images - 1, images * 15 / 16);
  return images;
}

/// The same with `reserved_bytes` taken, as they will be; also 0 if even these are not there.
std::int64_t largest_part_beside(std::int64_t reserved_bytes, const Config& config,
                                 DistributedDataParallel& model, std::int64_t wanted,
                                 std::int64_t free_bytes, at::Device device) {
  std::int64_t images = 0;
  const auto measure = [&] {
    // On the CPU memory that is not touched takes none.
    const at::Tensor reserved =
        at::empty({reserved_bytes}, at::TensorOptions().dtype(at::kByte).device(device));
    TrialStep trial(config, model, device);
    images = largest_part(trial, wanted, free_bytes, device);
  };
  if (device.is_cpu()) {
    measure();
  } else if (!device::try_within_memory(measure)) {
    images = 0;
  }
  return images;
}

std::int64_t min_over_ranks(std::int64_t images, ProcessGroup& group, at::Device device) {
  const std::vector<std::int64_t> all = group.all_gather(images, device);
  return *std::min_element(all.begin(), all.end());
}

/// The smallest number of equal parts in which the batch fits.
std::int64_t min_parts(const Config& config, std::int64_t fitting) {
  std::int64_t parts = config.accumulate;
  while (config.bsize % parts != 0 || config.bsize / parts > fitting / config.accumulate) ++parts;
  return parts;
}

[[noreturn]] void fail(const Config& config, std::int64_t fitting, std::int64_t free_bytes) {
  throw Error(
      ExitCode::kDevice,
      "bsize " + std::to_string(config.bsize) + " does not fit into the " +
          std::to_string(free_bytes >> 20) + " MiB that are free (" + device::describe() + "): " +
          (fitting > 0 ? std::to_string(fitting) + " is the largest that does"
                       : std::string("not even one image does")),
      fitting > 0
          ? "--set bsize=" + std::to_string(fitting) + ", or bsize=auto, or accumulate=" +
                std::to_string(min_parts(config, fitting)) + " for the same batch in so many parts"
          : std::string("use a smaller model or width, or end what else uses it"));
}

}  // namespace

std::int64_t fit_batch(const Config& config, DistributedDataParallel& model, ProcessGroup& group,
                       at::Device device, std::int64_t trained_images,
                       std::int64_t reserved_bytes) {
  const bool is_auto = config.bsize == kAutoBsize;
  const std::int64_t wanted =
      is_auto ? std::min(kMaxAutoBatch, trained_images / group.size()) : config.bsize;
  const std::int64_t free_bytes = device::free_memory_bytes() - reserved_bytes;
  const std::int64_t wanted_part = std::max<std::int64_t>(wanted / config.accumulate, 1);
  std::int64_t fitting =
      largest_part_beside(reserved_bytes, config, model, wanted_part, free_bytes, device) *
      config.accumulate;
  device::release_unused_memory();
  fitting = min_over_ranks(std::min(fitting, wanted), group, device);
  if (is_auto && fitting > 0) {
    const auto part = static_cast<std::uint64_t>(fitting / config.accumulate);
    return static_cast<std::int64_t>(std::bit_floor(part)) * config.accumulate;
  }
  if (fitting < config.bsize || fitting == 0) fail(config, fitting, free_bytes);
  return config.bsize;
}

}  // namespace dplaunch
