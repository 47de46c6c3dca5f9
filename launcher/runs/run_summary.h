#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/files/json_fields.h"
#include "common/run_folder.h"
#include "launcher/report/job_end.h"

namespace dplaunch {

// summary.json: how a run ended. Rank 0 writes the training's result (worker/report/summary.cpp),
// the launcher adds the object "job" beside it. Keys of both: common/record_keys.h and here.

/// Puts the object "job" into the run's summary.json: result, exit code, duration, restarts, and
/// the root cause of a failure; `start_id` as in LaunchPlan. For programs; docs/failures.md lists
/// the keys. Throws Error(kStorage).
void write_job_summary(const RunFolder& folder, const std::string& start_id, const JobEnd& end,
                       const Verdict& verdict, double seconds, int restarts);

/// The failure that ended a run, from summary.json.
struct RootCauseRecord {
  int rank = 0;
  std::int64_t pid = 0;
  std::string device;
  int exit_code = 0;    ///< as a shell has it: 128 + signal of a rank that was killed
  int signal = 0;       ///< 0: it exited
  std::string end;      ///< "exit code 7", "killed by SIGSEGV", "hung at epoch 1/4, ..."
  std::string message;  ///< of its error record, or the exception that ended it; empty if unknown
  std::string hint;
  std::string core;  ///< where it dumped one, or empty
  std::string log;
};

/// As summary.json has it: what is not known is null.
Json root_cause_json(const RootCauseRecord& cause);

/// How one rank ended.
struct RankEnd {
  int rank = 0;
  int exit_code = 0;  ///< 128 + signal of one that was killed
  int signal = 0;
};

/// How the run's latest start ended, from summary.json.
struct EndRecord {
  std::string result;  ///< "success", "failed", "stopped" or "preempted"
  int exit_code = 0;
  double seconds = 0;
  int restarts = 0;
  std::optional<RootCauseRecord> root_cause;
  std::string launcher_error;  ///< why the launcher itself gave up; empty if a rank failed, or none
  std::vector<RankEnd> ranks;
};

/// nullopt if the launcher left no word of the end of the latest start, which is the one of
/// `start_id` (StartRecord), because it runs or because it was killed. Throws Error(kStorage) for a
/// damaged file.
std::optional<EndRecord> read_end(const RunFolder& folder, const std::string& start_id);

/// What rank 0 wrote of the training.
struct TrainingResult {
  std::int64_t epochs = -1;  ///< done; -1 if it does not say
  std::int64_t steps = -1;
  std::optional<double> final_top1;  ///< percent
  std::string final_set = "test";    ///< or "validation"
  std::string device;                ///< "CPU, 1 thread"
  std::int64_t world_size = 0;       ///< 0 = not said, as below
  std::int64_t total_batch = 0;
  std::int64_t parameters = 0;
  bool is_synthetic = false;
  double images_per_second = 0;
  double train_seconds = 0;
  double checkpoint_seconds = 0;  ///< that training waited for the latest one
  double seconds = 0;
  std::int64_t peak_memory_bytes = 0;  ///< of rank 0
  double best_top1 = 0;                ///< percent
  std::int64_t best_epoch = 0;
  std::vector<std::string> held_back_by;
};

/// nullopt without a summary that can be read.
std::optional<TrainingResult> read_training_result(const RunFolder& folder);

}  // namespace dplaunch
