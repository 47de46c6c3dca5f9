#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "base/exit_code.h"
#include "common/config/config.h"
#include "common/rank_environment.h"
#include "common/run_folder.h"
#include "common/step_times_file.h"
#include "worker/batches/batch_source.h"
#include "worker/report/run_reporter.h"
#include "worker/report/status_writer.h"
#include "worker/trace/step_trace.h"
#include "worker/train/epoch_record.h"
#include "worker/train/evaluate.h"
#include "worker/train/finite_checks.h"
#include "worker/train/run_checkpoints.h"
#include "worker/train/run_progress.h"
#include "worker/train/schedule.h"
#include "worker/train/stop_vote.h"
#include "worker/train/train_step.h"
#include "worker/train/training_setup.h"

namespace dplaunch {

/// Trains one rank's replica from the configuration to the summary. All ranks run the same code in
/// step; rank 0 alone writes metrics, checkpoints and the summary.
class Trainer {
 public:
  struct Options {
    bool resume = false;           ///< go on from the run folder's latest checkpoint
    std::int64_t trace_steps = 0;  ///< see StepTrace
    int preempt_signal = 0;        ///< see StopRequest
  };
  Trainer(const Config& config, const RankEnvironment& environment, const RunFolder& folder,
          const Options& options);

  /// kSuccess; kPreempted or kTerminated if the ranks were asked to stop before the end, by the
  /// preempt signal or another: a checkpoint of where they stood is written then.
  [[gnu::noinline]] ExitCode run();  // its frame is looked for in stacks

 private:
  ExitCode train();
  EpochPart train_epoch();
  void train_step();
  void check_steps(std::int64_t first_step);
  void report_step(double epoch_seconds);
  EpochPart sum_over_all_ranks(double seconds);
  void record_steps(std::vector<StepTimes>& steps);
  void finish_epoch(const EpochPart& trained);
  bool evaluate(EpochMetrics& metrics);
  void save(bool is_best);
  void finish();
  void leave_together();
  void end_communication();

  std::int64_t started_ns_;
  int preempt_signal_;
  StatusWriter status_;
  TrainingSetup setup_;
  Schedule schedule_;
  FiniteChecks finite_;
  TrainStep step_;
  std::unique_ptr<BatchSource> batches_;
  Evaluator evaluator_;
  StopVote stop_;
  StepTrace trace_;
  RunCheckpoints checkpoints_;
  RunProgress progress_;
  RunReporter reporter_;
  std::optional<StepTimesFile> step_times_;
  std::filesystem::path gradient_times_;
  double checkpoint_seconds_ = 0;  ///< of the latest checkpoint
  std::optional<TestMetrics> last_test_;
  bool is_stopped_ = false;  ///< asked to stop, as all ranks know
};

}  // namespace dplaunch
