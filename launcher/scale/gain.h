#pragma once

#include <string>
#include <vector>

#include "launcher/statistics/median_interval.h"

namespace dplaunch {

/// By how much of itself a step's time, with its share of evaluations, would become shorter, in one
/// block: by the least and the most that the model holds possible, and between them.
struct Gain {
  double low = 0;
  double middle = 0;
  double high = 0;
};

/// A change of one configuration key, and what it is predicted to gain.
struct Remedy {
  std::string key;
  std::string value;
  /// Median over the blocks of the middle; low and high: the lower end of the interval of the
  /// blocks' lows and the upper one of their highs', by order statistics, with kGainConfidence or
  /// the less that so few blocks can give (0 for a single one, whose interval is the model's).
  double gain = 0;
  double low = 0;
  double high = 0;
  double coverage = 0;
  std::size_t blocks = 0;

  /// What is less, or may be none, is not worth the try.
  bool is_recommended() const { return low > 0 && gain >= kLeastGain; }
  static constexpr double kLeastGain = 0.02;
};

inline constexpr double kGainConfidence = 0.9;

/// `blocks` is not empty.
Remedy remedy_of(const std::string& key, const std::string& value, const std::vector<Gain>& blocks);

/// "compress: bf16 takes 21% [15%, 26%] (90%) off a step's time", or that no gain is to be
/// expected.
std::string in_words(const Remedy& remedy);

}  // namespace dplaunch
