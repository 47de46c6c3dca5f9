#include "worker/report/confusion_report.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/support/temporary_folder.h"
#include "tests/worker/report/class_counts.h"

namespace dplaunch {
namespace {

using nlohmann::ordered_json;
using testing::counts_of;
using testing::read_text;
using testing::sample_classes;
using testing::sample_counts;
using testing::TemporaryFolder;

TEST(ConfusionReport, ForPeople) {
  EXPECT_EQ(
      describe_confusion(sample_counts(), sample_classes()),
      "  coarse top-1      80.00%  by superclass; of the errors 55.6% are within the right "
      "one\n"
      "  worst classes     fine7 20%, fine0 60%, fine1 80%\n"
      "  most confused     fine0 as fine1 2x, fine0 as fine99 2x, fine7 as fine0 2x, fine7 as "
      "fine8 2x, fine1 as fine0 1x\n");
}

TEST(ConfusionReport, ForPeopleWithoutErrorsAndSuperclasses) {
  ClassTable classes = sample_classes();
  classes.coarse_of_fine.clear();
  EXPECT_EQ(describe_confusion(counts_of({{3, 3, 8}}), classes),
            "  worst classes     fine3 100%\n");
}

TEST(ConfusionReport, ForPrograms) {
  const ordered_json json = confusion_json(sample_counts(), sample_classes());
  EXPECT_EQ(json["errors"], 9);
  EXPECT_EQ(json["coarse_top1"], 80);
  EXPECT_EQ(json["coarse_correct"], 16);
  EXPECT_EQ(json["errors_within_superclass"], 5);
  EXPECT_DOUBLE_EQ(json["errors_within_superclass_percent"], 500.0 / 9);
  EXPECT_EQ(json["classes_worst_first"][0],
            ordered_json::parse(R"({"name": "fine7", "label": 7, "images": 5, "correct": 1})"));
  EXPECT_EQ(json["superclasses_worst_first"][0],
            ordered_json::parse(R"({"name": "coarse1", "label": 1, "images": 5, "correct": 3})"));
  EXPECT_EQ(json["most_confused"][1],
            ordered_json::parse(R"({"true": "fine0", "predicted": "fine99", "images": 2})"));
}

TEST(ConfusionReport, ForProgramsAtMostTwentyPairs) {
  std::vector<testing::Pair> pairs;
  for (std::int64_t label = 1; label <= 30; ++label) pairs.push_back({0, label, label});
  const ordered_json json = confusion_json(counts_of(pairs), sample_classes());
  ASSERT_EQ(json["most_confused"].size(), 20U);
  EXPECT_EQ(json["most_confused"][0]["predicted"], "fine30");
  EXPECT_EQ(json["most_confused"][19]["predicted"], "fine11");
}

TEST(ConfusionReport, CsvHasARowForEachTrueClass) {
  const TemporaryFolder folder;
  ClassTable classes = sample_classes();
  classes.fine_names[1] = "say \"cheese\", please";
  write_confusion_csv(folder / "confusion.csv", sample_counts(), classes);
  std::istringstream lines(read_text(folder / "confusion.csv"));
  std::vector<std::string> rows;
  for (std::string line; std::getline(lines, line);) rows.push_back(line);
  ASSERT_EQ(rows.size(), 101U);
  EXPECT_TRUE(rows[0].starts_with("true\\predicted,fine0,\"say \"\"cheese\"\", please\",fine2,"));
  EXPECT_TRUE(rows[1].starts_with("fine0,6,2,0,")) << rows[1];
  EXPECT_TRUE(rows[1].ends_with(",0,2")) << rows[1];
  EXPECT_TRUE(rows[2].starts_with("\"say \"\"cheese\"\", please\",1,4,0,")) << rows[2];
  EXPECT_TRUE(rows[8].starts_with("fine7,2,0,0,0,0,0,0,1,2,0,")) << rows[8];
}

}  // namespace
}  // namespace dplaunch
