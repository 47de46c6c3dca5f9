#include "worker/train/fit_batch.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <string>

#include "base/error.h"
#include "base/monotonic_clock.h"
#include "worker/device/device.h"
#include "worker/train/batch_parts.h"
#include "worker/train/trial_step.h"

namespace dplaunch {
namespace {

/// Of as many images the memory is measured.
constexpr std::int64_t kFew = 2;
constexpr std::int64_t kMore = 6;
/// Of what is predicted. Steps take more than the tensors of a trial: batches are made ahead, and
/// the heap has pieces that nothing fits into: from the second step on a third to two thirds of
/// what the tensors take (ResNet-20 with 500 to 3000 images, ResNet-18 with 100 to 424). A batch
/// that was named as fitting must be accepted later.
constexpr double kAccepted = 0.55;
constexpr double kNamed = 0.5;

std::int64_t share(double part, std::int64_t images) {
  return static_cast<std::int64_t>(part * static_cast<double>(images));
}

/// A part of a batch that fits.
struct Fit {
  std::int64_t images = 0;  ///< 0: not even one
  std::string refusal;  ///< what the device's library said of the last part that did not; or empty
};

/// Trial steps that show signs of life.
class Trials {
 public:
  Trials(const Config& config, DistributedDataParallel& model, at::Device device,
         StatusWriter& status)
      : trial_(config, model, device), status_(status) {}

  void run(std::int64_t images) {
    status_.enter(Phase::kPreparing);
    trial_.run(images);
  }

  bool is_too_large(std::int64_t images) {
    const auto refusal = device::try_within_memory([&] { run(images); });
    if (refusal) refusal_ = *refusal;
    return refusal.has_value();
  }

  std::int64_t measure_bytes(std::int64_t images) {
    return device::tensor_bytes_taken([&] { run(images); });
  }

  /// To try after `images` were too large.
  std::int64_t smaller_than(std::int64_t images) const {
    constexpr std::int64_t kPatienceNs = 30'000'000'000;
    const bool is_late = monotonic_ns() - started_ns_ > kPatienceNs;
    return is_late ? images / 2 : std::min(images - 1, images * 15 / 16);
  }

  const std::string& refusal() const { return refusal_; }

 private:
  TrialStep trial_;
  StatusWriter& status_;
  std::string refusal_;
  std::int64_t started_ns_ = monotonic_ns();
};

/// Extrapolates linearly from what one image more takes.
std::int64_t predict_largest(Trials& trials, std::int64_t free_bytes, at::Device device) {
  trials.run(kFew);  // what is allocated once, whatever the batch, must not count
  // Nor what cuDNN takes at the first run of a shape, while it looks for its fastest kernels.
  if (!device.is_cpu()) trials.run(kMore);
  const std::int64_t few_bytes = trials.measure_bytes(kFew);
  const std::int64_t more_bytes = trials.measure_bytes(kMore);
  const std::int64_t image_bytes =
      std::max<std::int64_t>((more_bytes - few_bytes) / (kMore - kFew), 1);
  return std::max<std::int64_t>(kMore + (free_bytes - more_bytes) / image_bytes, 0);
}

/// Up to `wanted`; 0 if not even one image fits.
std::int64_t largest_that_fits(Trials& trials, std::int64_t wanted, std::int64_t free_bytes,
                               at::Device device) {
  if (!device.is_cpu() && !trials.is_too_large(wanted)) return wanted;
  std::int64_t images = predict_largest(trials, free_bytes, device);
  if (device.is_cpu() && wanted <= share(kAccepted, images)) return wanted;
  images = std::min(wanted - 1, share(kNamed, images));
  while (images > 0 && trials.is_too_large(images)) images = trials.smaller_than(images);
  return images;
}

/// The same with `reserved_bytes` taken, as they will be; also 0 if even these are not there.
Fit largest_part_beside(std::int64_t reserved_bytes, const Config& config,
                        DistributedDataParallel& model, std::int64_t wanted,
                        std::int64_t free_bytes, at::Device device, StatusWriter& status) {
  Fit fit;
  const auto measure = [&] {
    // On the CPU memory that is not touched takes none.
    const at::Tensor reserved =
        at::empty({reserved_bytes}, at::TensorOptions().dtype(at::kByte).device(device));
    Trials trials(config, model, device, status);
    fit.images = largest_that_fits(trials, wanted, free_bytes, device);
    fit.refusal = trials.refusal();
  };
  if (device.is_cpu()) {
    measure();
  } else if (const auto refusal = device::try_within_memory(measure)) {
    fit = {0, *refusal};
  }
  return fit;
}

std::int64_t min_over_ranks(std::int64_t images, ProcessGroup& group, at::Device device) {
  const std::vector<std::int64_t> all = group.all_gather(images, device);
  return *std::min_element(all.begin(), all.end());
}

/// The smallest number of parts in which the batch fits.
std::int64_t min_parts(const Config& config, std::int64_t fitting) {
  return fewest_parts(config.bsize, std::max<std::int64_t>(fitting / config.accumulate, 1));
}

[[noreturn]] void fail(const Config& config, std::int64_t fitting, const std::string& refusal,
                       std::int64_t free_bytes) {
  const std::string said = refusal.empty() ? "" : " (" + refusal + ")";
  throw Error(
      ExitCode::kDevice,
      "bsize " + std::to_string(config.bsize) + " does not fit into the " +
          std::to_string(free_bytes >> 20) + " MiB that are free (" + device::describe() + "): " +
          (fitting > 0 ? std::to_string(fitting) + " is the largest that does"
                       : "not even one image does" + said),
      fitting > 0
          ? "--set bsize=" + std::to_string(fitting) + ", or bsize=auto, or accumulate=" +
                std::to_string(min_parts(config, fitting)) + " for the same batch in so many parts"
          : std::string("use a smaller model or width, or end what else uses it"));
}

}  // namespace

std::int64_t fit_batch(const Config& config, DistributedDataParallel& model, ProcessGroup& group,
                       at::Device device, std::int64_t trained_images, std::int64_t reserved_bytes,
                       StatusWriter& status) {
  const bool is_auto = config.bsize == kAutoBsize;
  const std::int64_t wanted =
      is_auto ? std::min(kMaxAutoBatch, trained_images / group.size()) : config.bsize;
  const std::int64_t free_bytes = device::free_memory_bytes() - reserved_bytes;
  const std::int64_t wanted_part = largest_part(wanted, config.accumulate);
  const Fit fit =
      largest_part_beside(reserved_bytes, config, model, wanted_part, free_bytes, device, status);
  device::release_unused_memory();
  const std::int64_t fitting =
      min_over_ranks(std::min(fit.images * config.accumulate, wanted), group, device);
  if (is_auto && fitting > 0) {
    const auto part = static_cast<std::uint64_t>(fitting / config.accumulate);
    return static_cast<std::int64_t>(std::bit_floor(part)) * config.accumulate;
  }
  if (fitting < config.bsize || fitting == 0) fail(config, fitting, fit.refusal, free_bytes);
  return config.bsize;
}

}  // namespace dplaunch
