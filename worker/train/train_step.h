#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "common/config/config.h"
#include "worker/batches/batch_source.h"
#include "worker/distributed/distributed_data_parallel.h"
#include "worker/distributed/process_group.h"
#include "worker/report/status_writer.h"
#include "worker/trace/trace_range.h"
#include "worker/train/epoch_record.h"
#include "worker/train/gradient_clock.h"
#include "worker/train/optimizer.h"
#include "worker/train/step_clock.h"
#include "worker/train/step_graph.h"
#include "worker/train/step_losses.h"

namespace dplaunch {

/// One optimisation step: forward, backward with the gradients' all-reduce, update. Nothing in it
/// waits for a GPU; the totals stay on the device until they are read.
class TrainStep {
 public:
  /// The references must outlive this.
  TrainStep(const Config& config, DistributedDataParallel& model, Optimizer& optimizer,
            ProcessGroup& group, at::Device device, StatusWriter& status);

  /// Call it before the batch is fetched: the time until run() counts as waiting for data.
  void begin();
  void run(const DeviceBatch& batch, double lr);
  /// No step follows: gives back what holds the communicator.
  void release_graph();

  /// The first step since reset_totals(), counted from 0, whose loss was not a finite number, or
  /// nullopt; waits for the device.
  std::optional<std::int64_t> first_bad_step() { return losses_.first_bad(); }
  /// What the steps since the last call took; waits for the device.
  StepClock::Taken take_times() { return clock_.take(); }

  /// When in backward the gradients are there, of the last steps; empty unless step times are
  /// asked for, and of a step graph, whose operations the host does not see. Waits for the device.
  std::vector<GradientTime> gradient_times() const;

  /// The loss of the latest step; waits for the device.
  double last_loss() { return losses_.last(); }
  /// Since reset_totals(), of this rank; waits for the device.
  TrainTotals totals();
  void reset_totals();

 private:
  void compute(const DeviceBatch& batch, const LearningRate& lr);
  void end_of(StepPart part);
  bool is_recording() const { return graph_ && graph_->is_recording(); }
  at::Tensor forward_backward(const DeviceBatch& batch, double times, bool is_last_part);
  at::Tensor forward(const DeviceBatch& batch, bool is_last_part);
  void backward(const at::Tensor& loss);
  void note_last_gradient();
  void update(const LearningRate& lr);

  double label_smoothing_;
  std::int64_t parts_;  ///< in which a batch goes through the model
  double clip_grad_norm_;
  at::Device device_;
  at::ScalarType precision_;
  DistributedDataParallel& model_;
  Optimizer& optimizer_;
  StatusWriter& status_;
  at::Tensor loss_;     ///< fp32 [], the latest step's mean over its images
  at::Tensor correct_;  ///< int64 [] on the device, since reset_totals() as the next two
  StepLosses losses_;
  double images_ = 0;
  StepClock clock_;
  std::optional<GradientClock> gradients_;
  std::optional<StepGraph> graph_;
  std::optional<TraceRange> exposed_;  ///< until backward() returns
};

}  // namespace dplaunch
