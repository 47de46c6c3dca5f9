#pragma once

#include <cstdint>
#include <vector>

#include "common/config/config.h"
#include "worker/distributed/distributed_data_parallel.h"

namespace dplaunch {

/// Forward and backward of dummy batches on the real model. The destructor leaves the
/// model as it was, without gradients.
class TrialStep {
 public:
  TrialStep(const Config& config, DistributedDataParallel& model, at::Device device);
  TrialStep(const TrialStep&) = delete;
  TrialStep& operator=(const TrialStep&) = delete;
  ~TrialStep();

  /// Of more images the fastest kernels are not searched for: that could take minutes.
  static constexpr std::int64_t kMaxSearched = 512;

  /// Gradients are added up: but for the first time they are there, as they are in training.
  void run(std::int64_t images);
  /// With the all-reduce: a collective.
  void run_synchronised(std::int64_t images);

 private:
  at::Tensor batch(std::int64_t images) const;

  DistributedDataParallel& model_;
  at::Device device_;
  at::ScalarType precision_;
  at::MemoryFormat format_;
  std::vector<at::Tensor> statistics_;  ///< the model's, which a trial changes
};

/// c10d's reducer rebuilds its buckets after the first synchronised backward, in the order in which
/// the gradients came; and the order in which a ring of three ranks or more adds depends on a
/// gradient's place in its bucket. A trial before the first step makes it happen there, so that all
/// steps have the same buckets, in an unbroken run as after a resume. A collective.
void rebuild_buckets(const Config& config, DistributedDataParallel& model, at::Device device);

/// How the configuration has gradients all-reduced.
DistributedDataParallel::Options reducer_options(const Config& config);

/// How many bytes of gradients each of a training's buckets has, in the order of their all-reduces;
/// with `compress` half of them travel. A collective.
std::vector<std::int64_t> training_bucket_bytes(const Config& config, ProcessGroup& group,
                                                at::Device device);

}  // namespace dplaunch
