#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace dplaunch {

/// A median and how well it is known.
struct MedianInterval {
  double median = 0;
  double low = 0;
  double high = 0;
  /// The probability with which such an interval covers the true median, whatever the values'
  /// distribution: what was asked for, or less where so few values cannot give it.
  double coverage = 0;
  std::size_t count = 0;
};

inline constexpr double kConfidence = 0.95;
/// With fewer values not even the whole range covers the median 95% of the time.
inline constexpr std::size_t kFewestValues = 6;

/// The middle value, or the mean of the two; NaN without values.
double median(std::vector<double> values);

/// The interval between order statistics x(k) and x(n+1-k), which covers the median with
/// probability 1 - 2 P(Binomial(n, 1/2) < k), interpolated towards x(k+1) to be as narrow as
/// `confidence` allows (Hettmansperger and Sheather 1986, "Confidence intervals based on
/// interpolated order statistics"). NaN without values; all values must be numbers.
MedianInterval median_interval(std::vector<double> values, double confidence = kConfidence);

/// The median of the ratios numerators[i] / denominators[i]: pairs measured in the same block, so
/// that what changes from block to block is in both. Spans of the same length.
MedianInterval median_ratio(std::span<const double> numerators,
                            std::span<const double> denominators, double confidence = kConfidence);

}  // namespace dplaunch
