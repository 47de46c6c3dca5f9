#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "common/config/config.h"
#include "common/data_set.h"
#include "common/rank_environment.h"
#include "common/run_folder.h"
#include "common/status_board.h"
#include "worker/batches/batch_source.h"
#include "worker/checkpoint/checkpoint.h"
#include "worker/checkpoint/checkpoint_writer.h"
#include "worker/data/sampler.h"
#include "worker/distributed/distributed_data_parallel.h"
#include "worker/distributed/process_group.h"
#include "worker/report/event_file.h"
#include "worker/report/metrics.h"
#include "worker/report/status_writer.h"
#include "worker/report/summary.h"
#include "worker/trace/step_trace.h"
#include "worker/train/evaluate.h"
#include "worker/train/finite_checks.h"
#include "worker/train/optimizer.h"
#include "worker/train/schedule.h"
#include "worker/train/stop_vote.h"
#include "worker/train/train_step.h"

namespace dplaunch {

/// Trains one rank's replica from the configuration to the summary. All ranks run the same code in
/// step; rank 0 alone writes metrics, checkpoints and the summary.
class Trainer {
 public:
  struct Options {
    bool resume = false;           ///< go on from the run folder's latest checkpoint
    std::int64_t trace_steps = 0;  ///< see StepTrace
  };
  /// `board` may be nullptr.
  Trainer(const Config& config, const RankEnvironment& environment, const RunFolder& folder,
          StatusBoard* board, const Options& options);

  /// False if the process was asked to stop (SIGTERM) before the end: a checkpoint of where it
  /// stood is written.
  bool run();

 private:
  void load_latest();
  void keep_whole_steps();
  void check_same_start();
  void begin_next_epoch();
  void train_epoch(std::int64_t epoch);
  void finish_epoch(std::int64_t epoch);
  bool evaluate_epoch(std::int64_t epoch);
  void keep_rank_buffers(const at::Tensor& own_buffers);
  void save(bool is_best);
  void finish();
  void leave_together();

  std::int64_t steps_of_epoch() const;
  bool is_epoch_trained() const;
  bool is_limit_reached() const;
  bool is_last_epoch(std::int64_t epoch) const;
  bool is_due(std::int64_t every, std::int64_t epoch) const;
  bool note_best(const TestMetrics& test, std::int64_t epoch);
  EvaluationSet held_out_set() const;
  EpochMetrics sum_over_ranks(std::int64_t epoch, double train_seconds);
  void note_times(EpochMetrics& metrics, double seconds);
  void log_step(std::int64_t epoch, std::int64_t step, double seconds);
  void check_steps(std::int64_t epoch, std::int64_t first_step);
  void log_start() const;
  CheckpointTensors checkpoint_tensors();

  RunFolder folder_;
  StatusWriter status_;
  std::int64_t started_ns_;
  std::int64_t workers_;  ///< this rank's data-loading threads
  DataSet data_set_;
  at::Device device_;
  ProcessGroup group_;
  Cifar100File train_set_, test_set_;
  DistributedDataParallel model_;
  std::unique_ptr<Optimizer> optimizer_;
  Config config_;  ///< with the bsize that fits
  FiniteChecks finite_;
  EpochSampler sampler_;
  Schedule schedule_;
  TrainStep step_;
  std::unique_ptr<BatchSource> batches_;
  Evaluator evaluator_;
  std::optional<MetricsFile> metrics_file_;  ///< rank 0
  std::optional<EventFile> event_file_;      ///< rank 0
  Progress progress_;
  at::Tensor rank_buffers_;  ///< each rank's, in the middle of an epoch; else undefined
  CheckpointWriter writer_;
  double checkpoint_seconds_ = 0;  ///< of the latest checkpoint
  StopVote stop_;
  StepTrace trace_;
  bool is_stopped_ = false;
  EpochMetrics epoch_metrics_;  ///< of the epoch just trained
  std::optional<TestMetrics> last_test_;
  Summary summary_;
};

}  // namespace dplaunch
