#pragma once

#include <ATen/autocast_mode.h>

namespace dplaunch {

/// Runs what is done in its scope with matrix products and convolutions in `dtype`, as
/// torch.autocast does; kFloat leaves everything as it is. Per thread.
class Autocast {
 public:
  Autocast(at::DeviceType device, at::ScalarType dtype)
      : device_(device), is_on_(dtype != at::kFloat) {
    if (!is_on_) return;
    at::autocast::set_autocast_dtype(device_, dtype);
    at::autocast::set_autocast_enabled(device_, true);
    at::autocast::increment_nesting();
  }
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;
  ~Autocast() {
    if (!is_on_) return;
    // The cast weights are of this step: the optimizer is about to change them.
    if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
    at::autocast::set_autocast_enabled(device_, false);
  }

 private:
  at::DeviceType device_;
  bool is_on_;
};

}  // namespace dplaunch
