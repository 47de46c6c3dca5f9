#include "launcher/model/straggler.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace dplaunch {

double harmonic(int n) {
  double sum = 0;
  for (int i = n; i >= 1; --i) sum += 1.0 / i;
  return sum;
}

ExpectedMaximum::ExpectedMaximum(std::vector<double> sample) : sorted_(std::move(sample)) {
  std::sort(sorted_.begin(), sorted_.end());
  if (sorted_.size() < kFewestForTail) return;
  const int begin = static_cast<int>(sorted_.size() / 8);
  const int before = begin / 2;
  tail_value_ = of_draws(begin);
  tail_slope_ = (tail_value_ - of_draws(before)) / (harmonic(begin) - harmonic(before));
  tail_begins_ = begin;
}

double ExpectedMaximum::of(int draws) const {
  if (tail_begins_ == 0 || draws <= tail_begins_) return of_draws(draws);
  return tail_value_ + tail_slope_ * (harmonic(draws) - harmonic(tail_begins_));
}

double ExpectedMaximum::of_draws(int draws) const {
  const auto size = static_cast<double>(sorted_.size());
  constexpr double kNegligible = 1e-15;  // of the probability
  double sum = 0;
  double upto = 1;  // the probability that all draws are at most this value
  for (std::size_t i = sorted_.size(); i-- > 0 && upto > kNegligible;) {
    const double below = std::pow(static_cast<double>(i) / size, draws);
    sum += sorted_[i] * (upto - below);
    upto = below;
  }
  return sum;
}

}  // namespace dplaunch
