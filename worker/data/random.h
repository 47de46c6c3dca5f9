#pragma once

#include <cstdint>
#include <initializer_list>

namespace dplaunch {

/// SplitMix64 (Steele, Lea, Flood 2014): small, and the same numbers on every platform, compiler
/// and release, which std::shuffle and the standard distributions do not promise.
class SplitMix64 {
 public:
  explicit SplitMix64(std::uint64_t state) : state_(state) {}

  std::uint64_t next();
  /// A uniform number in [0, bound), without bias. `bound` must not be 0.
  std::uint32_t below(std::uint32_t bound);

 private:
  std::uint64_t state_;
};

/// What a stream of random numbers is for, so that streams of one seed do not repeat each other.
enum class RandomPurpose : std::uint64_t { kPermutation = 1, kAugmentation = 2 };

/// The stream that belongs to (seed, purpose, coordinates) and to nothing else: no state is carried
/// from one epoch, thread or rank to the next.
SplitMix64 random_stream(std::uint64_t seed, RandomPurpose purpose,
                         std::initializer_list<std::uint64_t> coordinates);

}  // namespace dplaunch
