#pragma once

#include <ATen/core/Tensor.h>

#include "common/config/config.h"
#include "worker/distributed/distributed_data_parallel.h"
#include "worker/report/status_writer.h"
#include "worker/train/batch_stream.h"
#include "worker/train/optimizer.h"

namespace dplaunch {

/// What an epoch's steps add up to on this rank.
struct TrainTotals {
  double loss_sum = 0;  ///< over images
  double correct = 0;
  double images = 0;
};

/// One optimisation step: forward, backward with the gradients' all-reduce, update. Nothing in it
/// waits for a GPU; the totals stay on the device until they are read.
class TrainStep {
 public:
  TrainStep(const Config& config, DistributedDataParallel& model, Optimizer& optimizer,
            at::Device device, StatusWriter& status);

  void run(const DeviceBatch& batch, double lr);

  /// The loss of the latest step; waits for the device.
  double last_loss() const;
  TrainTotals totals() const;
  void reset_totals();

 private:
  double label_smoothing_;
  at::Device device_;
  at::ScalarType precision_;
  DistributedDataParallel& model_;
  Optimizer& optimizer_;
  StatusWriter& status_;
  at::Tensor last_loss_;
  at::Tensor totals_;  ///< [loss_sum, correct], fp64 on the device
  double images_ = 0;
};

}  // namespace dplaunch
