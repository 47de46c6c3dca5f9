#include "launcher/scale/steady_state.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "launcher/statistics/median_interval.h"

namespace dplaunch {
namespace {

constexpr double kStandardErrors = 5.5;
// Times repeat exactly in no machine: what is nearer than this is equal.
constexpr double kLeastScatter = 0.005;

struct Scale {
  double typical = 0;
  double scatter = 0;  ///< as a standard deviation
};

Scale scale_of(std::span<const double> seconds) {
  const std::vector<double> settled(
      seconds.begin() + static_cast<std::ptrdiff_t>(seconds.size() / 2), seconds.end());
  const double typical = median(settled);
  std::vector<double> deviations;
  for (const double value : settled) deviations.push_back(std::abs(value - typical));
  constexpr double kOfNormal = 1.4826;  // standard deviation by median absolute deviation
  return {typical, std::max(kOfNormal * median(deviations), kLeastScatter * typical)};
}

/// One extraordinary step must not look like many that are a little slower.
double clipped(double value, const Scale& scale) {
  constexpr double kDeviations = 6;
  return std::clamp(value, scale.typical - kDeviations * scale.scatter,
                    scale.typical + kDeviations * scale.scatter);
}

/// The beginning that differs most from the rest, if it is slower by enough; else 0.
std::size_t slow_beginning(std::span<const double> seconds, std::size_t longest,
                           const Scale& scale) {
  double total = 0;
  for (const double value : seconds) total += clipped(value, scale);
  const auto n = static_cast<double>(seconds.size());
  double before = 0;
  double most = kStandardErrors;
  std::size_t found = 0;
  for (std::size_t k = 1; k <= longest && k < seconds.size(); ++k) {
    before += clipped(seconds[k - 1], scale);
    const auto count = static_cast<double>(k);
    const double difference = before / count - (total - before) / (n - count);
    const double standard_error = scale.scatter * std::sqrt(n / (count * (n - count)));
    if (difference / standard_error > most) {
      most = difference / standard_error;
      found = k;
    }
  }
  return found;
}

}  // namespace

std::size_t warmup_steps(std::span<const double> seconds) {
  const std::size_t longest = seconds.size() / 2;
  const Scale scale = scale_of(seconds);
  std::size_t warmup = 0;
  for (;;) {
    const std::size_t more = slow_beginning(seconds.subspan(warmup), longest - warmup, scale);
    if (more == 0) return warmup;
    warmup += more;
  }
}

}  // namespace dplaunch
