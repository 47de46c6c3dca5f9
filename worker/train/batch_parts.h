#pragma once

#include <cstdint>

namespace dplaunch {

// A step's batch goes through the model in `parts` parts, which differ by one image at most
// (Config::accumulate).

/// The first image of a part; of part `parts` the one after the last.
constexpr std::int64_t part_begin(std::int64_t images, std::int64_t parts, std::int64_t part) {
  return part * images / parts;
}

constexpr std::int64_t largest_part(std::int64_t images, std::int64_t parts) {
  return (images + parts - 1) / parts;
}

/// The fewest parts of which none has more than `most` images.
constexpr std::int64_t fewest_parts(std::int64_t images, std::int64_t most) {
  return (images + most - 1) / most;
}

}  // namespace dplaunch
