#include "worker/data/random.h"

namespace dplaunch {
namespace {

constexpr std::uint64_t kGamma = 0x9e3779b97f4a7c15;

std::uint64_t mix(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

}  // namespace

std::uint64_t SplitMix64::next() {
  state_ += kGamma;
  return mix(state_);
}

std::uint32_t SplitMix64::below(std::uint32_t bound) {
  // The high half of (32 random bits) x bound; draws whose low half lies in the incomplete last
  // interval are rejected (Lemire 2019).
  const std::uint32_t rejected_below = (0U - bound) % bound;
  for (;;) {
    const std::uint64_t product = (next() >> 32) * bound;
    if (static_cast<std::uint32_t>(product) >= rejected_below) return product >> 32;
  }
}

SplitMix64 random_stream(std::uint64_t seed, RandomPurpose purpose,
                         std::initializer_list<std::uint64_t> coordinates) {
  std::uint64_t state = mix(seed + kGamma) ^ static_cast<std::uint64_t>(purpose);
  for (const std::uint64_t coordinate : coordinates) {
    state = mix(state + kGamma) ^ mix(coordinate + kGamma);
  }
  return SplitMix64(mix(state + kGamma));
}

}  // namespace dplaunch
