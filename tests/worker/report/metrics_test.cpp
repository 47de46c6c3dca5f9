#include "worker/report/metrics.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

namespace dplaunch {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;
using testing::read_text;
using ::testing::SizeIs;
using testing::TemporaryFolder;
using testing::write_text;

/// The second epoch: 1,000 images in 4 s, of which 250 of 400 test images are then recognised.
EpochMetrics sample_metrics() {
  EpochMetrics metrics;
  metrics.epoch = 2;
  metrics.step = 40;
  metrics.images = 1000;
  metrics.train_loss = 3.25;
  metrics.train_top1 = 21.125;
  metrics.lr = 0.05;
  metrics.train_seconds = 4;
  metrics.data_wait_seconds = 0.5;
  metrics.shares = {0.125, 0.25, 0.5, 0.0625, 0.03125};
  metrics.skew = {1.25, 1};
  metrics.test = TestMetrics{
      .images = 400, .top1_correct = 250, .top5_correct = 390, .loss = 1.5, .confusion = {}};
  metrics.evaluation_seconds = 1;
  metrics.checkpoint_seconds = 0.75;
  metrics.seconds = 5.5;
  return metrics;
}

std::vector<nlohmann::json> lines_of(const std::filesystem::path& path) {
  std::vector<nlohmann::json> lines;
  std::istringstream text(read_text(path));
  for (std::string line; std::getline(text, line);) lines.push_back(nlohmann::json::parse(line));
  return lines;
}

TEST(Metrics, PercentAndSpeedAreQuotients) {
  const EpochMetrics metrics = sample_metrics();
  EXPECT_DOUBLE_EQ(metrics.images_per_second(), 250);
  EXPECT_DOUBLE_EQ(metrics.test->top1_percent(), 62.5);
  EXPECT_DOUBLE_EQ(metrics.test->top5_percent(), 97.5);
  EXPECT_EQ(EpochMetrics{}.images_per_second(), 0);
  EXPECT_EQ(TestMetrics{}.top1_percent(), 0);
}

TEST(Metrics, LineForPeople) {
  EXPECT_EQ(describe(sample_metrics(), 10),
            "epoch 2/10  train loss 3.2500  top-1 21.12%  |  test loss 1.5000  top-1 62.50%  top-5 "
            "97.50%  |  250 images/s  5.5 s  (data 12%, forward 25%, backward 50%, all-reduce 6%, "
            "update 3%; skew 1.25)");
}

TEST(Metrics, LineForPeopleWithoutEvaluationAndWithOneRank) {
  EpochMetrics metrics = sample_metrics();
  metrics.test.reset();
  metrics.skew = {};
  EXPECT_EQ(describe(metrics, 10),
            "epoch 2/10  train loss 3.2500  top-1 21.12%  |  250 images/s  5.5 s  (data 12%, "
            "forward 25%, backward 50%, all-reduce 6%, update 3%)");
}

TEST(Metrics, ScalarsNameTheSetTheyAreOf) {
  EpochMetrics metrics = sample_metrics();
  EXPECT_THAT(scalars(metrics), Contains(Pair("test/top1_percent", 62.5)));
  EXPECT_THAT(scalars(metrics), Contains(Pair("share/all_reduce", 0.0625)));
  EXPECT_THAT(scalars(metrics), Contains(Pair("speed/images_per_second", 250)));
  metrics.is_validation = true;
  EXPECT_THAT(scalars(metrics), Contains(Pair("validation/loss", 1.5)));
  EXPECT_THAT(scalars(metrics), Not(Contains(Pair("test/loss", ::testing::_))));
  metrics.test.reset();
  EXPECT_THAT(scalars(metrics), Not(Contains(Pair("validation/loss", ::testing::_))));
}

TEST(MetricsFile, HasAnObjectForEachEpoch) {
  const TemporaryFolder folder;
  MetricsFile file(folder / "metrics.jsonl", 0);
  EpochMetrics metrics = sample_metrics();
  file.append(metrics);
  metrics.epoch = 3;
  metrics.is_validation = true;
  file.append(metrics);
  const auto lines = lines_of(folder / "metrics.jsonl");
  ASSERT_THAT(lines, SizeIs(2));
  EXPECT_EQ(lines[0], nlohmann::json::parse(R"({
    "epoch": 2, "step": 40, "images": 1000, "train_loss": 3.25, "train_top1": 21.125, "lr": 0.05,
    "images_per_second": 250.0, "train_seconds": 4.0, "data_wait_seconds": 0.5,
    "share_data_wait": 0.125, "share_forward": 0.25, "share_backward": 0.5,
    "share_all_reduce": 0.0625, "share_update": 0.03125, "rank_skew": 1.25, "slowest_rank": 1,
    "evaluation_seconds": 1.0, "checkpoint_seconds": 0.75, "seconds": 5.5,
    "test_loss": 1.5, "test_top1": 62.5, "test_top5": 97.5, "test_images": 400})"));
  EXPECT_EQ(lines[1]["validation_images"], 400);
  EXPECT_FALSE(lines[1].contains("test_images"));
}

// A resumed run trains the epochs after its checkpoint again; a crash may have cut the last line.
TEST(MetricsFile, KeepsTheEpochsOfTheCheckpointAlone) {
  const TemporaryFolder folder;
  write_text(folder / "metrics.jsonl",
             "{\"epoch\": 1, \"step\": 10}\n"
             "not JSON\n"
             "[1]\n"
             "{\"epoch\": \"2\"}\n"
             "{\"step\": 20}\n"
             "{\"epoch\": 2, \"step\": 20}\n"
             "{\"epoch\": 3, \"step\": 30}\n"
             "{\"epoch\": 2, \"st");
  const MetricsFile file(folder / "metrics.jsonl", 2);
  EXPECT_EQ(read_text(folder / "metrics.jsonl"),
            "{\"epoch\": 1, \"step\": 10}\n{\"epoch\": 2, \"step\": 20}\n");
}

TEST(MetricsFile, OfANewRunIsEmpty) {
  const TemporaryFolder folder;
  write_text(folder / "metrics.jsonl", "{\"epoch\": 1}\n");
  const MetricsFile file(folder / "metrics.jsonl", 0);
  EXPECT_THAT(read_text(folder / "metrics.jsonl"), IsEmpty());
}

TEST(MetricsFile, ThatCannotBeAppendedToIsAnErrorOfStorage) {
  const TemporaryFolder folder;
  MetricsFile file(folder / "metrics.jsonl", 0);
  std::filesystem::remove(folder / "metrics.jsonl");
  std::filesystem::create_directory(folder / "metrics.jsonl");
  const Error error = testing::error_of([&] { file.append(sample_metrics()); });
  EXPECT_EQ(error.code(), ExitCode::kStorage);
  testing::expect_contains(error.what(), "metrics.jsonl: cannot append");
}

}  // namespace
}  // namespace dplaunch
