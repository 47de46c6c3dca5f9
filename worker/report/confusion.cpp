#include "worker/report/confusion.h"

#include <algorithm>
#include <array>
#include <utility>

#include "worker/report/metrics.h"

namespace dplaunch {
namespace {

using cifar100::kClasses;
using cifar100::kCoarseClasses;

/// a/b < c/d without rounding: equal recalls must compare as equal.
bool is_worse(const ClassRecall& a, const ClassRecall& b) {
  return a.correct * b.images < b.correct * a.images;
}

std::vector<ClassRecall> worst_first(std::vector<ClassRecall> classes) {
  std::erase_if(classes, [](const ClassRecall& each) { return each.images == 0; });
  std::stable_sort(classes.begin(), classes.end(), is_worse);
  return classes;
}

std::vector<ClassRecall> empty_classes(std::int64_t count) {
  std::vector<ClassRecall> classes(static_cast<std::size_t>(count));
  for (std::int64_t label = 0; label < count; ++label) {
    classes[static_cast<std::size_t>(label)].label = label;
  }
  return classes;
}

/// `visit(true, predicted, images)` for each pair that occurs.
template <typename Visit>
void for_each_pair(const std::vector<std::int64_t>& counts, const Visit& visit) {
  for (std::int64_t truth = 0; truth < kClasses; ++truth) {
    for (std::int64_t predicted = 0; predicted < kClasses; ++predicted) {
      const std::int64_t images = counts.at(static_cast<std::size_t>(truth * kClasses + predicted));
      if (images > 0) visit(truth, predicted, images);
    }
  }
}

SuperclassFigures analyse_superclasses(const std::vector<std::int64_t>& counts,
                                       const std::vector<std::int64_t>& coarse_of_fine) {
  SuperclassFigures figures;
  std::vector<ClassRecall> classes = empty_classes(kCoarseClasses);
  for_each_pair(counts, [&](std::int64_t truth, std::int64_t predicted, std::int64_t images) {
    const std::int64_t coarse = coarse_of_fine.at(static_cast<std::size_t>(truth));
    ClassRecall& recall = classes.at(static_cast<std::size_t>(coarse));
    recall.images += images;
    if (coarse_of_fine.at(static_cast<std::size_t>(predicted)) != coarse) return;
    recall.correct += images;
    figures.correct += images;
    if (truth != predicted) figures.errors_within += images;
  });
  figures.by_recall = worst_first(std::move(classes));
  return figures;
}

}  // namespace

double ClassRecall::percent() const {
  return dplaunch::percent(correct, images);
}

double ConfusionFigures::within_percent() const {
  return coarse ? percent(coarse->errors_within, errors()) : 0;
}

double ConfusionFigures::coarse_percent() const {
  return coarse ? percent(coarse->correct, images) : 0;
}

ConfusionFigures analyse(const std::vector<std::int64_t>& counts, const ClassTable& classes) {
  ConfusionFigures figures;
  std::vector<ClassRecall> recalls = empty_classes(kClasses);
  for_each_pair(counts, [&](std::int64_t truth, std::int64_t predicted, std::int64_t images) {
    ClassRecall& recall = recalls.at(static_cast<std::size_t>(truth));
    recall.images += images;
    figures.images += images;
    if (truth == predicted) {
      recall.correct += images;
      figures.correct += images;
    } else {
      figures.by_count.push_back({truth, predicted, images});
    }
  });
  figures.by_recall = worst_first(std::move(recalls));
  std::stable_sort(
      figures.by_count.begin(), figures.by_count.end(),
      [](const ConfusedPair& a, const ConfusedPair& b) { return a.images > b.images; });
  if (!classes.coarse_of_fine.empty()) {
    figures.coarse = analyse_superclasses(counts, classes.coarse_of_fine);
  }
  return figures;
}

}  // namespace dplaunch
