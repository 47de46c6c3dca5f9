#include "worker/train/step_losses.h"

#include <ATen/ops/empty.h>

#include <cmath>
#include <cstddef>
#include <limits>

namespace dplaunch {
namespace {

/// So many steps may come before somebody has to wait for the device.
constexpr std::int64_t kMaxPending = 4096;

}  // namespace

StepLosses::StepLosses(at::Device device)
    : pending_(at::empty({kMaxPending}, at::TensorOptions().dtype(at::kFloat).device(device))) {
  reset();
}

void StepLosses::reset() {
  images_.clear();
  fetched_ = 0;
  last_ = std::numeric_limits<double>::quiet_NaN();
  sum_ = 0;
  first_bad_.reset();
}

void StepLosses::add(const at::Tensor& loss, std::int64_t images) {
  if (static_cast<std::int64_t>(images_.size()) == kMaxPending) fetch();
  pending_.select(0, static_cast<std::int64_t>(images_.size())).copy_(loss);
  images_.push_back(images);
}

double StepLosses::last() {
  fetch();
  return last_;
}

double StepLosses::sum() {
  fetch();
  return sum_;
}

std::optional<std::int64_t> StepLosses::first_bad() {
  fetch();
  return first_bad_;
}

void StepLosses::fetch() {
  if (images_.empty()) return;
  const at::Tensor host = pending_.narrow(0, 0, static_cast<std::int64_t>(images_.size())).cpu();
  const auto* losses = host.const_data_ptr<float>();
  for (std::size_t i = 0; i < images_.size(); ++i, ++fetched_) {
    last_ = losses[i];
    sum_ += last_ * static_cast<double>(images_[i]);
    if (!first_bad_ && !std::isfinite(last_)) first_bad_ = fetched_;
  }
  images_.clear();
}

}  // namespace dplaunch
