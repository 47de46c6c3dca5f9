#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace dplaunch {

/// 100 * part / whole; 0 of nothing.
double percent(std::int64_t part, std::int64_t whole);

/// Figures of the whole test set, over all ranks.
struct TestMetrics {
  std::int64_t images = 0;
  std::int64_t top1_correct = 0;
  std::int64_t top5_correct = 0;
  double loss = 0;  ///< mean cross-entropy, without label smoothing
  /// At true * 100 + predicted fine class the number of images; empty unless it was asked for.
  std::vector<std::int64_t> confusion;

  bool has_confusion() const { return !confusion.empty(); }

  double top1_percent() const;
  double top5_percent() const;
};

/// Where the time of training steps went, as shares of it; the mean over the ranks.
struct TimeShares {
  double data_wait = 0;
  double forward = 0;
  double backward = 0;    ///< its computing
  double all_reduce = 0;  ///< after backward's computing: what it did not hide
  double update = 0;
};

/// How unequal the ranks are, by the time that each needs without waiting for the others.
struct RankSkew {
  double slowest_over_mean = 1;
  std::int64_t slowest_rank = 0;
};

/// One epoch of training, over all ranks.
struct EpochMetrics {
  std::int64_t epoch = 0;  ///< counted from 1
  std::int64_t step = 0;   ///< steps of the whole run so far
  std::int64_t images = 0;
  double train_loss = 0;  ///< as optimised, with label smoothing
  double train_top1 = 0;  ///< percent, on augmented images, while training
  double lr = 0;          ///< of the last step
  double train_seconds = 0;
  double data_wait_seconds = 0;  ///< of rank 0's steps, waiting for a batch
  TimeShares shares;
  RankSkew skew;
  std::optional<TestMetrics> test;
  bool is_validation = false;  ///< `test` is of held-out training images
  double evaluation_seconds = 0;
  double checkpoint_seconds = 0;  ///< of the checkpoint before this epoch
  double seconds = 0;             ///< with evaluation, without the checkpoint

  double images_per_second() const;
};

/// The line of an epoch for people.
std::string describe(const EpochMetrics& metrics, std::int64_t epochs);

/// The same for TensorBoard: (tag, value).
std::vector<std::pair<std::string, double>> scalars(const EpochMetrics& metrics);

/// metrics.jsonl: one JSON object a line and epoch; written by rank 0 alone.
class MetricsFile {
 public:
  /// Keeps the lines up to `epochs_done`, so that a resumed run has no epoch twice. Throws
  /// Error(kStorage).
  MetricsFile(std::filesystem::path path, std::int64_t epochs_done);
  /// Appends and flushes. Throws Error(kStorage).
  void append(const EpochMetrics& metrics);

 private:
  std::filesystem::path path_;
};

}  // namespace dplaunch
