#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <string>

#include "common/run_folder.h"
#include "worker/distributed/process_group.h"
#include "worker/trace/trace_range.h"

namespace dplaunch {

/// Records some steps of every rank with LibTorch's profiler, after some to warm up, and writes
/// them into the run folder: each rank its own trace, and the lowest rank that has the folder all
/// of them as one. What cannot be recorded or written is a warning, never the end of training. Not
/// thread-safe; all ranks make the same calls.
class StepTrace {
 public:
  static constexpr std::int64_t kWarmUpSteps = 5;
  static constexpr std::int64_t kMaxSteps = 1000;

  /// `steps` 0: nothing is recorded, and no call does anything. An earlier trace is removed.
  StepTrace(std::int64_t steps, RunFolder folder, ProcessGroup& group, at::Device device);

  /// `step` is its number in the run, from 1.
  void begin_step(std::int64_t step);
  /// After the last step a collective.
  void end_step();
  /// No more steps come: writes what there is. A collective, unless it is all written.
  void finish();

 private:
  void prepare();
  void start();
  void write();
  void save();
  void merge();
  bool is_first_of_folder() const;
  void give_up(const std::string& doing, const std::string& why);

  std::int64_t steps_;  ///< to record; 0 = none, or all done
  RunFolder folder_;
  ProcessGroup& group_;
  at::Device device_;
  std::int64_t seen_ = 0;
  std::int64_t first_ = 0;  ///< recorded steps, by their number in the run
  std::int64_t last_ = 0;
  bool is_recording_ = false;
  std::string step_name_;
  std::optional<TraceRange> step_range_;
};

}  // namespace dplaunch
