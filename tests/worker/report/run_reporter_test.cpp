#include "worker/report/run_reporter.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/support/temporary_folder.h"
#include "tests/worker/data/record_file.h"
#include "tests/worker/report/class_counts.h"

namespace dplaunch {
namespace {

using testing::read_text;
using testing::TemporaryFolder;
using testing::write_text;

/// A run of two ranks on a set of a hundred images, in a folder of its own.
class RunReporterTest : public ::testing::Test {
 protected:
  RunReporterTest() {
    testing::write_records(data_, testing::sample_records(100));
    facts_.data_set = {data_ / "train.bin", data_ / "train.bin", 100, 100, false};
    facts_.shape = {.world_size = 2, .bsize = 25, .workers = 2, .usable_cores = 4};
    facts_.device = "CPU, 1 thread";
    facts_.backend = "gloo";
    facts_.steps_per_epoch = 2;
    facts_.global_batch = 50;
    config_.epochs = 3;
    config_.model = "resnet20";
  }

  /// What rank `rank` prints while `use` does something with its reporter.
  std::string output_of(
      int rank, const Progress& start,
      const std::function<void(RunReporter&)>& use = [](RunReporter&) {}) {
    facts_.rank = rank;
    ::testing::internal::CaptureStdout();
    RunReporter reporter(config_, RunFolder(run_.path()), facts_, start);
    use(reporter);
    return ::testing::internal::GetCapturedStdout();
  }

  /// The files in the run folder, an event file's by its beginning.
  std::set<std::string> files() const {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(run_.path())) {
      const std::string name = entry.path().filename().string();
      names.insert(name.starts_with("events.out.") ? "events" : name);
    }
    return names;
  }

  std::uintmax_t event_file_bytes() const {
    for (const auto& entry : std::filesystem::directory_iterator(run_.path())) {
      if (entry.path().filename().string().starts_with("events.")) return entry.file_size();
    }
    return 0;
  }

  TemporaryFolder data_;
  TemporaryFolder run_;
  RunFacts facts_;
  Config config_;
};

TEST_F(RunReporterTest, EachRankLogsWhatTheRunIs) {
  facts_.trained_images = 80;
  facts_.evaluated_images = 20;
  facts_.peak_lr = 0.2;
  config_.validation = 20;
  config_.lr = 0.1;
  config_.lr_scaling = "linear";
  EXPECT_EQ(output_of(1, {}),
            "rank 1 of 2: CPU, 1 thread, gloo, resnet20, 80 training and 20 held-out images, total "
            "batch 50, 2 steps an epoch, peak lr 0.200000 (lr 0.100000, lr_scaling linear)\n");
}

TEST_F(RunReporterTest, Rank0AloneWritesFiles) {
  EpochMetrics metrics;
  metrics.epoch = 1;
  const auto use = [&](RunReporter& reporter) {
    reporter.add_step({.epoch = 1, .step_of_epoch = 2, .step = 2, .loss = 4.5, .lr = 0.1});
    reporter.add_epoch(metrics, 100, 4, /*is_interrupted=*/false);
  };
  const std::string of_rank_1 = output_of(1, {}, use);
  EXPECT_EQ(files(), std::set<std::string>{});
  EXPECT_NE(of_rank_1.find("epoch 1/3  step 2/2  loss 4.5000  lr 0.100000  0.0 images/s\n"),
            std::string::npos)
      << of_rank_1;
  output_of(0, {}, use);
  EXPECT_EQ(files(), (std::set<std::string>{"events", "metrics.jsonl"}));
}

TEST_F(RunReporterTest, AResumedRunTakesBackWhatIsNoLongerTrue) {
  write_text(run_ / "metrics.jsonl", "{\"epoch\": 1}\n{\"epoch\": 2}\n");
  write_text(run_ / "summary.json", "{}");
  write_text(run_ / "confusion.csv", "");
  output_of(0, {.epochs_done = 1, .steps_done = 3});
  EXPECT_EQ(read_text(run_ / "metrics.jsonl"), "{\"epoch\": 1}\n");
  EXPECT_EQ(files(), (std::set<std::string>{"events", "metrics.jsonl"}));
}

// The resumed run reports the whole epoch: TensorBoard would show two points for one epoch.
TEST_F(RunReporterTest, AnInterruptedEpochIsNoPointOfACurve) {
  std::uintmax_t before = 0;
  output_of(0, {}, [&](RunReporter& reporter) {
    before = event_file_bytes();
    reporter.add_epoch({}, 50, 2, /*is_interrupted=*/true);
  });
  EXPECT_EQ(event_file_bytes(), before);
  EXPECT_NE(read_text(run_ / "metrics.jsonl"), "");
}

TEST_F(RunReporterTest, TheEndIsASummaryAndAConfusionMatrix) {
  const TestMetrics test{.images = 20,
                         .top1_correct = 11,
                         .top5_correct = 15,
                         .loss = 2,
                         .confusion = testing::sample_counts()};
  EpochMetrics metrics;
  metrics.shares = {.forward = 0.4, .backward = 0.5, .update = 0.1};
  const std::string out = output_of(0, {}, [&](RunReporter& reporter) {
    reporter.add_epoch(metrics, 100, 4, false);
    reporter.add_epoch(metrics, 100, 4, false);
    reporter.finish({.progress = {.epochs_done = 2, .steps_done = 4},
                     .test = test,
                     .seconds = 10,
                     .peak_memory_bytes = 1 << 20,
                     .parameter_digest = 0xabc});
  });
  EXPECT_TRUE(out.ends_with("rank 0: parameter digest 0000000000000abc\n")) << out;
  EXPECT_EQ(files(),
            (std::set<std::string>{"confusion.csv", "events", "metrics.jsonl", "summary.json"}));
  const auto summary = nlohmann::json::parse(read_text(run_ / "summary.json"));
  EXPECT_EQ(summary["images_per_second"], 25);
  EXPECT_EQ(summary["final_top1"], 55);
  EXPECT_EQ(summary["total_batch"], config_.bsize * 2);
  EXPECT_EQ(summary["held_back_by"], nlohmann::json({"nothing: computing is 90% of a step"}));
}

}  // namespace
}  // namespace dplaunch
