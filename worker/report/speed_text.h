#pragma once

#include <string>

#include "worker/report/log.h"

namespace dplaunch {

/// "8312 images/s"; of a slow model a decimal more: "31.4 images/s".
inline std::string speed_text(double images_per_second) {
  constexpr double kWithDecimal = 100;
  return fixed(images_per_second, images_per_second < kWithDecimal ? 1 : 0) + " images/s";
}

}  // namespace dplaunch
