#include "worker/report/confusion.h"

#include <gmock/gmock.h>

#include "tests/worker/report/class_counts.h"

namespace dplaunch {
namespace {

using testing::counts_of;
using ::testing::ElementsAre;
using ::testing::FieldsAre;
using ::testing::IsEmpty;
using testing::sample_classes;
using testing::sample_counts;

TEST(Confusion, CountsImagesAndErrors) {
  const ConfusionFigures figures = analyse(sample_counts(), sample_classes());
  EXPECT_EQ(figures.images, 20);
  EXPECT_EQ(figures.correct, 11);
  EXPECT_EQ(figures.errors(), 9);
}

TEST(Confusion, ClassesWithImagesComeTheWorstFirst) {
  const ConfusionFigures figures = analyse(sample_counts(), sample_classes());
  EXPECT_THAT(figures.by_recall,
              ElementsAre(FieldsAre(7, 5, 1), FieldsAre(0, 10, 6), FieldsAre(1, 5, 4)));
  EXPECT_DOUBLE_EQ(figures.by_recall[0].percent(), 20);
}

TEST(Confusion, PairsComeTheMostFrequentFirstAndEqualsByLabel) {
  EXPECT_THAT(analyse(sample_counts(), sample_classes()).by_count,
              ElementsAre(FieldsAre(0, 1, 2), FieldsAre(0, 99, 2), FieldsAre(7, 0, 2),
                          FieldsAre(7, 8, 2), FieldsAre(1, 0, 1)));
}

TEST(Confusion, SuperclassesForgiveErrorsWithin) {
  const ConfusionFigures figures = analyse(sample_counts(), sample_classes());
  ASSERT_TRUE(figures.coarse);
  EXPECT_EQ(figures.coarse->errors_within, 5);
  EXPECT_EQ(figures.coarse->correct, 16);
  EXPECT_DOUBLE_EQ(figures.coarse_percent(), 80);
  EXPECT_DOUBLE_EQ(figures.within_percent(), 500.0 / 9);
  EXPECT_THAT(figures.coarse->by_recall, ElementsAre(FieldsAre(1, 5, 3), FieldsAre(0, 15, 13)));
}

// 1/3 and 2/6 are equal, though their quotients as floating-point numbers need not be.
TEST(Confusion, EqualRecallsCompareAsEqual) {
  const ConfusionFigures figures =
      analyse(counts_of({{9, 9, 1}, {9, 0, 2}, {4, 4, 2}, {4, 0, 4}, {5, 5, 100}, {5, 0, 200}}),
              sample_classes());
  EXPECT_THAT(figures.by_recall,
              ElementsAre(FieldsAre(4, 6, 2), FieldsAre(5, 300, 100), FieldsAre(9, 3, 1)));
}

TEST(Confusion, WithoutSuperclassesThereAreNoFiguresOfThem) {
  ClassTable classes = sample_classes();
  classes.coarse_of_fine.clear();
  const ConfusionFigures figures = analyse(sample_counts(), classes);
  EXPECT_FALSE(figures.coarse);
  EXPECT_EQ(figures.coarse_percent(), 0);
  EXPECT_EQ(figures.within_percent(), 0);
}

TEST(Confusion, WithoutErrorsNothingIsDividedByZero) {
  const ConfusionFigures figures = analyse(counts_of({{3, 3, 8}}), sample_classes());
  EXPECT_EQ(figures.within_percent(), 0);
  EXPECT_THAT(figures.by_count, IsEmpty());
  EXPECT_EQ(analyse(counts_of({}), sample_classes()).coarse_percent(), 0);
}

}  // namespace
}  // namespace dplaunch
