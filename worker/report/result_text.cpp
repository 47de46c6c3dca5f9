#include "worker/report/result_text.h"

#include <fmt/core.h>

namespace dplaunch {

std::string fixed(double value, int decimals) {
  return fmt::format("{:.{}f}", value, decimals);
}

std::string percent_text(double share) {
  return fmt::format("{:.0f}%", 100 * share);
}

std::string speed_text(double images_per_second) {
  constexpr double kMinWithoutDecimal = 100;
  return fmt::format("{:.{}f} images/s", images_per_second,
                     images_per_second < kMinWithoutDecimal ? 1 : 0);
}

/// Values begin in one column, unless a name is too long for it.
std::string result_row(const std::string& name, const std::string& value) {
  return fmt::format("  {:<17} {}\n", name, value);
}

}  // namespace dplaunch
