#pragma once

#include <vector>

namespace dplaunch {

/// 1 + 1/2 + ... + 1/n: the expected maximum of n independent exponential delays of mean 1 (Renyi
/// 1953, "On the theory of order statistics"). 0 for n = 0.
double harmonic(int n);

/// Expected maxima of independent draws from a sample of times: how long the slowest of N ranks
/// takes. What a bootstrap of infinitely many rounds would give, exactly: the sum over the sorted
/// values of x(i) ((i/m)^N - ((i-1)/m)^N).
///
/// Beyond m/8 draws the sample's end would hold the maximum down: from there on it grows as an
/// exponential tail does, by its slope between m/16 and m/8 for each unit of harmonic(N). Samples
/// of fewer than kFewestForTail values are not extended.
class ExpectedMaximum {
 public:
  static constexpr std::size_t kFewestForTail = 32;

  /// `sample` is not empty.
  explicit ExpectedMaximum(std::vector<double> sample);

  double mean() const { return of_draws(1); }
  /// `draws` is at least 1.
  double of(int draws) const;

 private:
  double of_draws(int draws) const;

  std::vector<double> sorted_;
  int tail_begins_ = 0;  ///< draws; 0: nowhere
  double tail_value_ = 0;
  double tail_slope_ = 0;
};

}  // namespace dplaunch
