#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "common/data_set.h"
#include "worker/data/class_table.h"

namespace dplaunch::testing {

/// Classes "fine0".."fine99" and "coarse0".."coarse19"; fine class f is of superclass f / 5.
inline ClassTable sample_classes() {
  ClassTable table;
  for (std::int64_t fine = 0; fine < cifar100::kClasses; ++fine) {
    table.fine_names.push_back("fine" + std::to_string(fine));
    table.coarse_of_fine.push_back(fine / 5);
  }
  for (std::int64_t coarse = 0; coarse < cifar100::kCoarseClasses; ++coarse) {
    table.coarse_names.push_back("coarse" + std::to_string(coarse));
  }
  return table;
}

struct Pair {
  std::int64_t truth;
  std::int64_t predicted;
  std::int64_t images;
};

/// Counts as an evaluation makes them: at true * 100 + predicted.
inline std::vector<std::int64_t> counts_of(const std::vector<Pair>& pairs) {
  std::vector<std::int64_t> counts(
      static_cast<std::size_t>(cifar100::kClasses * cifar100::kClasses));
  for (const Pair& pair : pairs) {
    counts[static_cast<std::size_t>(pair.truth * cifar100::kClasses + pair.predicted)] +=
        pair.images;
  }
  return counts;
}

/// 20 images of three classes. fine0: 6 of 10; fine1, of the same superclass: 4 of 5; fine7: 1
/// of 5. Of the 9 errors, 5 are within their superclass (0 as 1, 1 as 0 and 7 as 8).
inline std::vector<std::int64_t> sample_counts() {
  return counts_of(
      {{0, 0, 6}, {0, 1, 2}, {0, 99, 2}, {1, 1, 4}, {1, 0, 1}, {7, 7, 1}, {7, 8, 2}, {7, 0, 2}});
}

}  // namespace dplaunch::testing
