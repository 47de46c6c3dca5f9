#pragma once

#include <cstdint>
#include <memory>

#include "common/config/config.h"
#include "common/data_set.h"
#include "common/rank_environment.h"
#include "worker/batches/batch_source.h"
#include "worker/data/cifar100_file.h"
#include "worker/data/sampler.h"
#include "worker/distributed/distributed_data_parallel.h"
#include "worker/distributed/process_group.h"
#include "worker/report/run_reporter.h"
#include "worker/report/status_writer.h"
#include "worker/train/evaluate.h"
#include "worker/train/optimizer.h"

namespace dplaunch {

/// What a run has before its first step: the ranks have met, the data is open, the model is on the
/// device, and the batch is one that fits. Members are in the order in which they are made, and
/// stay where they are: later ones refer to earlier ones.
struct TrainingSetup {
  /// `configured` as the user wrote it: its bsize may be automatic. A collective. Throws Error.
  TrainingSetup(const Config& configured, const RankEnvironment& environment, StatusWriter& status);
  TrainingSetup(const TrainingSetup&) = delete;
  TrainingSetup& operator=(const TrainingSetup&) = delete;

  /// The images that the run is evaluated on.
  EvaluationSet evaluation_set() const;
  /// This rank's batches to train on, made by `workers` threads where the host makes them.
  std::unique_ptr<BatchSource> make_batches(std::int64_t workers) const;

  DataSet data_set;
  at::Device device;
  ProcessGroup group;
  Cifar100File train_set, test_set;
  DistributedDataParallel model;
  std::unique_ptr<Optimizer> optimizer;
  Config config;  ///< the final one, with the bsize that fits
  EpochSampler sampler;
};

/// What the run is, for its reports.
RunFacts run_facts(TrainingSetup& setup, double peak_lr, const RankEnvironment& environment);

}  // namespace dplaunch
