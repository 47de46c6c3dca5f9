#include "launcher/scale/gain.h"

#include <fmt/core.h>

namespace dplaunch {
namespace {

MedianInterval gain_interval(const std::vector<Gain>& blocks, double Gain::*member) {
  std::vector<double> values;
  for (const Gain& gain : blocks) values.push_back(gain.*member);
  return median_interval(std::move(values), kGainConfidence);
}

}  // namespace

Remedy remedy_of(const std::string& key, const std::string& value,
                 const std::vector<Gain>& blocks) {
  const MedianInterval lows = gain_interval(blocks, &Gain::low);
  return {key,
          value,
          gain_interval(blocks, &Gain::middle).median,
          lows.low,
          gain_interval(blocks, &Gain::high).high,
          lows.coverage,
          blocks.size()};
}

std::string in_words(const Remedy& remedy) {
  const std::string coverage =
      remedy.blocks > 1 ? fmt::format("{:.0f}%", 100 * remedy.coverage) : std::string("one block");
  const std::string gain = fmt::format("{:.0f}% [{:.0f}%, {:.0f}%] ({})", 100 * remedy.gain,
                                       100 * remedy.low, 100 * remedy.high, coverage);
  const std::string setting = fmt::format("{}: {}", remedy.key, remedy.value);
  if (remedy.is_recommended()) return setting + " takes " + gain + " off a step's time";
  if (remedy.gain >= Remedy::kLeastGain) {
    return setting + " may take " + gain + " off a step's time, or nothing";
  }
  return setting + ": no gain expected, " + gain + " off a step's time";
}

}  // namespace dplaunch
