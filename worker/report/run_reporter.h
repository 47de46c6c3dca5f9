#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/config/config.h"
#include "common/data_set.h"
#include "common/run_folder.h"
#include "worker/checkpoint/progress.h"
#include "worker/report/bottleneck.h"
#include "worker/report/event_file.h"
#include "worker/report/metrics.h"
#include "worker/report/summary.h"

namespace dplaunch {

/// What a run is, from its start to its end.
struct RunFacts {
  std::string start_id;  ///< of RankEnvironment
  int rank = 0;
  RunShape shape;
  DataSet data_set;
  std::string device;
  std::string backend;
  std::int64_t parameters = 0;
  std::int64_t trained_images = 0;    ///< in an epoch's order
  std::int64_t evaluated_images = 0;  ///< held out, or of the test set
  std::int64_t global_batch = 0;
  std::int64_t steps_per_epoch = 0;
  double peak_lr = 0;
};

/// A step that is reported on its own.
struct StepReport {
  std::int64_t epoch = 0;          ///< counted from 1
  std::int64_t step_of_epoch = 0;  ///< counted from 1
  std::int64_t step = 0;           ///< of the whole run
  double loss = 0;
  double lr = 0;
  double images_per_second = 0;  ///< of all ranks, since the epoch's start
};

/// What is known at the end of a run.
struct RunResult {
  Progress progress;
  TestMetrics test;
  double seconds = 0;                  ///< since the start of this process
  std::int64_t peak_memory_bytes = 0;  ///< of this rank
  std::uint64_t parameter_digest = 0;
  double checkpoint_seconds = 0;  ///< Summary::checkpoint_seconds
};

/// All that a run reports: each rank writes lines to its log; rank 0 also writes metrics.jsonl,
/// TensorBoard's events, and at the end the summary and the confusion matrix. For one thread.
class RunReporter {
 public:
  /// Logs what the run is. Rank 0 takes out of the folder what `start` makes untrue: epochs that
  /// are trained again, and the end of an earlier attempt. Throws Error(kStorage).
  RunReporter(const Config& config, const RunFolder& folder, RunFacts facts, const Progress& start);

  void add_step(const StepReport& step);
  /// `images` of all ranks were trained on in `seconds` to get from the last report to this one. An
  /// epoch that a stop has interrupted is no point of TensorBoard's curves: it is reported again.
  void add_epoch(const EpochMetrics& metrics, double images, double seconds, bool is_interrupted);
  /// The run has come to its end.
  void finish(const RunResult& result);

 private:
  void log_start() const;

  Config config_;
  RunFolder folder_;
  RunFacts facts_;
  std::optional<MetricsFile> metrics_file_;  ///< rank 0
  std::optional<EventFile> event_file_;      ///< rank 0
  Summary summary_;
};

}  // namespace dplaunch
