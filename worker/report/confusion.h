#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "worker/data/class_table.h"

namespace dplaunch {

/// How many images of a class there were, and how many were recognised.
struct ClassRecall {
  std::int64_t label = 0;
  std::int64_t images = 0;
  std::int64_t correct = 0;

  /// 0 without images.
  double percent() const;
};

/// Images of one fine class that were taken for another.
struct ConfusedPair {
  std::int64_t truth = 0;
  std::int64_t predicted = 0;
  std::int64_t images = 0;
};

/// The same predictions by superclass: an image is recognised if the superclass of the predicted
/// fine class is its own.
struct SuperclassFigures {
  std::int64_t correct = 0;
  std::int64_t errors_within = 0;      ///< wrong fine class, right superclass
  std::vector<ClassRecall> by_recall;  ///< of those that have images, the worst first
};

/// What a confusion matrix says. Equals come in the order of their labels.
struct ConfusionFigures {
  std::int64_t images = 0;
  std::int64_t correct = 0;
  std::vector<ClassRecall> by_recall;       ///< of fine classes that have images, the worst first
  std::vector<ConfusedPair> by_count;       ///< the most frequent first, without those that never
  std::optional<SuperclassFigures> coarse;  ///< nullopt if the classes have none

  std::int64_t errors() const { return images - correct; }
  /// 0 without figures of superclasses, or without errors.
  double within_percent() const;
  /// 0 without figures of superclasses.
  double coarse_percent() const;
};

/// `counts` holds, at true * 100 + predicted, the number of images.
ConfusionFigures analyse(const std::vector<std::int64_t>& counts, const ClassTable& classes);

}  // namespace dplaunch
