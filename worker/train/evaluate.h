#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "common/config/config.h"
#include "worker/batches/batch_source.h"
#include "worker/data/cifar100_file.h"
#include "worker/distributed/process_group.h"
#include "worker/model/resnet.h"
#include "worker/report/metrics.h"
#include "worker/report/status_writer.h"
#include "worker/train/stop_vote.h"

namespace dplaunch {

/// The images to evaluate on: `count` of a file, from number `first` on.
struct EvaluationSet {
  const Cifar100File& file;
  std::int64_t first = 0;
  std::int64_t count = 0;
};

/// What is left of the training set's `images` to train on. Throws Error(kUsage) if nothing is.
std::int64_t trained_images(std::int64_t images, std::int64_t validation);

/// What a run is evaluated on: the test set's file or, with `validation`, the last so many images
/// of the training set's file, which is in random order. Throws as above.
EvaluationSet evaluation_set(const Cifar100File& file, std::int64_t validation);

/// Counts over a whole evaluation set: each rank takes a shard of it, every image is counted once
/// whatever the number of ranks, and every rank gets the same result.
class Evaluator {
 public:
  Evaluator(const Config& config, const EvaluationSet& set, ProcessGroup& group, at::Device device,
            std::int64_t workers, StatusWriter& status);

  /// Call it on all ranks at once, with the same `with_confusion`. Leaves the model in training
  /// mode. nullopt if a stop was wanted meanwhile: evaluation can take longer than the time that is
  /// left then.
  std::optional<TestMetrics> run(ResNet& model, StopVote& stop, bool with_confusion = false);

 private:
  ProcessGroup& group_;
  at::Device device_;
  at::ScalarType precision_;
  std::int64_t steps_;  ///< of the largest shard
  StatusWriter& status_;
  std::unique_ptr<BatchSource> batches_;
};

/// channels_last batches are NHWC in memory.
ImageLayout image_layout(const Config& config);

/// How a rank loads `config.bsize` images a step for this device, without augmentation.
LoaderConfig plain_loader(const Config& config, std::int64_t workers);

/// Logits [n, classes] of the first `count` images of the set, on the CPU, fp32 from the arithmetic
/// of `config.precision`.
at::Tensor predict(const Config& config, const Cifar100File& set, std::int64_t count, ResNet& model,
                   at::Device device);

}  // namespace dplaunch
