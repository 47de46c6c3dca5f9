#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <vector>

namespace dplaunch {

/// The losses of an epoch's steps. A step leaves its loss on the device, which costs one copy
/// there; whoever asks for a figure waits for the device and fetches all that are new. Not
/// thread-safe.
class StepLosses {
 public:
  explicit StepLosses(at::Device device);

  /// Forgets the steps so far.
  void reset();
  /// `loss`, fp32 [] on the device, is the mean over the `images` images of the next step.
  void add(const at::Tensor& loss, std::int64_t images);

  /// Of the latest step; not a number without one.
  double last();
  /// Over all images of all steps.
  double sum();
  /// The first step, counted from 0, whose loss is not a finite number.
  std::optional<std::int64_t> first_bad();

 private:
  void fetch();

  at::Tensor pending_;                ///< fp32 on the device, one value a step
  std::vector<std::int64_t> images_;  ///< of the steps in `pending_`
  std::int64_t fetched_ = 0;          ///< steps before those
  double last_ = 0;                   ///< of the fetched ones, as the two below
  double sum_ = 0;
  std::optional<std::int64_t> first_bad_;
};

}  // namespace dplaunch
