#include "launcher/statistics/median_interval.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace dplaunch {
namespace {

/// The probability that x(k) and x(n+1-k) enclose the median, k counted from 1.
double coverage_of(std::size_t k, std::size_t n) {
  double log_choose = 0;  // of (n over i)
  double below = 0;       // P(Binomial(n, 1/2) < k)
  for (std::size_t i = 0; i < k; ++i) {
    below += std::exp(log_choose - static_cast<double>(n) * std::log(2.0));
    log_choose += std::log(static_cast<double>(n - i)) - std::log(static_cast<double>(i + 1));
  }
  return 1 - 2 * below;
}

double sorted_median(std::span<const double> sorted) {
  const std::size_t middle = sorted.size() / 2;
  if (sorted.size() % 2 == 1) return sorted[middle];
  return (sorted[middle - 1] + sorted[middle]) / 2;
}

}  // namespace

double median(std::vector<double> values) {
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  std::sort(values.begin(), values.end());
  return sorted_median(values);
}

MedianInterval median_interval(std::vector<double> values, double confidence) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  const std::size_t n = values.size();
  if (n == 0) return {kNan, kNan, kNan, 0, 0};
  std::sort(values.begin(), values.end());
  std::size_t k = 1;
  while (k + 1 <= n / 2 && coverage_of(k + 1, n) >= confidence) ++k;
  MedianInterval result;
  result.median = sorted_median(values);
  result.low = values[k - 1];
  result.high = values[n - k];
  result.coverage = n == 1 ? 0 : coverage_of(k, n);
  result.count = n;
  if (result.coverage > confidence && k + 1 <= n / 2) {
    const double inner = coverage_of(k + 1, n);
    const double share = (result.coverage - confidence) / (result.coverage - inner);
    const double order = static_cast<double>(k);
    const double outside = static_cast<double>(n) - order;
    const double weight = outside * share / (order + (outside - order) * share);
    result.low = std::lerp(values[k - 1], values[k], weight);
    result.high = std::lerp(values[n - k], values[n - k - 1], weight);
    result.coverage = confidence;
  }
  return result;
}

MedianInterval median_ratio(std::span<const double> numerators,
                            std::span<const double> denominators, double confidence) {
  std::vector<double> ratios;
  ratios.reserve(numerators.size());
  for (std::size_t i = 0; i < numerators.size(); ++i) {
    ratios.push_back(numerators[i] / denominators[i]);
  }
  return median_interval(std::move(ratios), confidence);
}

}  // namespace dplaunch
