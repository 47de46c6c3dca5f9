#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <string>

#include "common/config/config.h"
#include "worker/batches/batch_source.h"
#include "worker/device/device.h"
#include "worker/distributed/distributed_data_parallel.h"
#include "worker/distributed/process_group.h"
#include "worker/train/step_recording.h"

namespace dplaunch {

/// Whether the configuration has steps done as one graph.
bool is_step_graph_on(const Config& config);

/// Does the work of training steps as one device::Graph, so that a step costs the host one launch
/// in place of hundreds. Before the first such step some are done operation by operation; where a
/// step cannot be recorded all are, and the log says why. Not thread-safe.
class StepGraph {
 public:
  /// What a step reads that is another in each step.
  struct Inputs {
    DeviceBatch batch;
    at::Tensor lr;  ///< [] on the device, of the element type that the optimizer's kernels read
  };

  /// The references must outlive this.
  StepGraph(const Config& config, DistributedDataParallel& model, ProcessGroup& group,
            at::Device device);
  StepGraph(const StepGraph&) = delete;
  StepGraph& operator=(const StepGraph&) = delete;

  /// Copies them to the memory in which every step's work finds them. All batches have one shape.
  const Inputs& load(const DeviceBatch& batch, double lr);

  /// Does `work`, which must be the same operations on the same memory in every step. All ranks
  /// make the same calls: a collective, also in itself.
  void run(const std::function<void()>& work) { recording_.run(work); }

  /// Whether `work` is running to be recorded: what it does besides the device's operations, which
  /// happens once only, must not be taken for a step.
  bool is_recording() const { return recording_.is_recording(); }

 private:
  StepRecording::Means means();
  bool has_succeeded(const std::string& own_failure);

  const Config& config_;
  DistributedDataParallel& model_;
  ProcessGroup& group_;
  at::Device device_;
  Inputs inputs_;
  device::Graph graph_;
  StepRecording recording_;
};

}  // namespace dplaunch
