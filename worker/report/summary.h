#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/config/config.h"
#include "worker/checkpoint/progress.h"
#include "worker/data/class_table.h"
#include "worker/report/metrics.h"

namespace dplaunch {

/// The result of a run that came to its end.
struct Summary {
  std::string start_id;  ///< of RankEnvironment
  Progress progress;
  std::optional<TestMetrics> final_test;
  int world_size = 1;
  std::string device;
  std::string backend;
  bool is_synthetic = false;
  std::int64_t parameters = 0;
  std::int64_t images_trained = 0;     ///< by all ranks, in this process's life
  double train_seconds = 0;            ///< spent in training steps
  double checkpoint_seconds = 0;       ///< that training waited for the latest one
  double seconds = 0;                  ///< in all, since this process started
  std::int64_t peak_memory_bytes = 0;  ///< of rank 0
  std::string parameter_digest;
  ClassTable classes;                     ///< what the classes of `final_test` are called
  bool is_validation = false;             ///< `final_test` is of held-out training images
  TimeShares shares;                      ///< over all epochs of this process's life
  RankSkew skew;                          ///< the mean of the epochs'; the rank of the last
  std::vector<std::string> held_back_by;  ///< see bottlenecks()

  /// Counts `images` of all ranks and the `spent_seconds` of training on them (an epoch or a part
  /// of one), and the epoch's shares and skew by that time.
  void add(const EpochMetrics& metrics, double images, double spent_seconds);
};

/// For programs: the file summary.json. Throws Error(kStorage).
void write_summary(const std::filesystem::path& path, const Config& config, const Summary& summary);

/// For people: a table of a few lines.
std::string describe(const Config& config, const Summary& summary);

}  // namespace dplaunch
