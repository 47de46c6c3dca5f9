#include "worker/train/evaluate.h"

#include <ATen/core/Reduction.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/bincount.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cstdint>

#include "base/error.h"
#include "worker/data/sampler.h"
#include "worker/device/device.h"
#include "worker/train/autocast.h"

namespace dplaunch {
namespace {

constexpr std::int64_t kTopK = 5;

/// Of a job that only evaluates: one that trains has measured what fits.
constexpr std::int64_t kAutoEvaluationBatch = 256;

/// What is counted of a shard, on its device.
class Tally {
 public:
  Tally(at::Device device, bool with_confusion)
      : sums_(at::zeros({4}, at::TensorOptions().dtype(at::kDouble).device(device))) {
    if (!with_confusion) return;
    confusion_ = at::zeros({kPairs}, at::TensorOptions().dtype(at::kLong).device(device));
  }

  void add(const at::Tensor& logits, const at::Tensor& labels) {
    const at::Tensor top = std::get<1>(logits.topk(kTopK, 1));
    const at::Tensor hits = top.eq(labels.unsqueeze(1));
    sums_[0].add_(at::cross_entropy_loss(logits.to(at::kDouble), labels, {}, at::Reduction::Sum));
    sums_[1].add_(hits.select(1, 0).sum());
    sums_[2].add_(hits.sum());
    sums_[3].add_(labels.size(0));
    if (!confusion_.defined()) return;
    const at::Tensor pairs = labels * cifar100::kClasses + top.select(1, 0);
    confusion_.add_(at::bincount(pairs, {}, kPairs));
  }

  /// A collective: the sum over all ranks.
  TestMetrics metrics(ProcessGroup& group) {
    group.all_reduce_sum(sums_);
    const at::Tensor sums = sums_.cpu();
    const auto whole = [&](int i) { return static_cast<std::int64_t>(sums[i].item<double>()); };
    TestMetrics metrics;
    metrics.images = whole(3);
    metrics.top1_correct = whole(1);
    metrics.top5_correct = whole(2);
    if (metrics.images > 0) {
      metrics.loss = sums[0].item<double>() / static_cast<double>(metrics.images);
    }
    if (confusion_.defined()) {
      group.all_reduce_sum(confusion_);
      const at::Tensor counts = confusion_.cpu();
      const auto* first = counts.const_data_ptr<std::int64_t>();
      metrics.confusion.assign(first, first + kPairs);
    }
    return metrics;
  }

 private:
  static constexpr std::int64_t kPairs = cifar100::kClasses * cifar100::kClasses;

  at::Tensor sums_;       ///< loss, top-1 correct, top-5 correct, images
  at::Tensor confusion_;  ///< [true * classes + predicted]; undefined if nobody asked for it
};

std::int64_t divide_up(std::int64_t a, std::int64_t b) {
  return (a + b - 1) / b;
}

}  // namespace

ImageLayout image_layout(const Config& config) {
  return memory_format(config) == at::MemoryFormat::ChannelsLast ? ImageLayout::kNhwc
                                                                 : ImageLayout::kNchw;
}

std::int64_t trained_images(std::int64_t images, std::int64_t validation) {
  if (validation < images) return images - validation;
  throw Error(ExitCode::kUsage,
              "validation " + std::to_string(validation) + " leaves none of the " +
                  std::to_string(images) + " training images to train on",
              "hold out fewer");
}

EvaluationSet evaluation_set(const Cifar100File& file, std::int64_t validation) {
  if (validation == 0) return {file, 0, file.size()};
  return {file, trained_images(file.size(), validation), validation};
}

LoaderConfig plain_loader(const Config& config, std::int64_t workers) {
  LoaderConfig loader;
  loader.batch_size = config.bsize == kAutoBsize ? kAutoEvaluationBatch : config.bsize;
  loader.workers = workers;
  loader.layout = image_layout(config);
  return loader;
}

namespace {

/// No more at once than training has in memory.
LoaderConfig evaluation_loader(const Config& config, std::int64_t workers) {
  LoaderConfig loader = plain_loader(config, workers);
  loader.batch_size = std::max<std::int64_t>(1, loader.batch_size / config.accumulate);
  return loader;
}

}  // namespace

Evaluator::Evaluator(const Config& config, const EvaluationSet& set, ProcessGroup& group,
                     at::Device device, std::int64_t workers, StatusWriter& status)
    : group_(group),
      device_(device),
      precision_(device::configure_precision(config)),
      steps_(divide_up(divide_up(set.count, group.size()),
                       evaluation_loader(config, workers).batch_size)),
      status_(status),
      batches_(make_batch_source(
          config, set.file, evaluation_loader(config, workers),
          [first = set.first, count = set.count, rank = group.rank(),
           size = group.size()](std::int64_t) {
            std::vector<std::int64_t> shard = evaluation_shard(count, rank, size);
            for (std::int64_t& index : shard) index += first;
            return shard;
          },
          device)) {}

std::optional<TestMetrics> Evaluator::run(ResNet& model, StopVote& stop, bool with_confusion) {
  const at::NoGradGuard no_grad;
  model->eval();
  batches_->start_epoch(0, 0);
  Tally tally(device_, with_confusion);
  bool is_stopped = false;
  // As many votes on each rank, also where a shard has a batch less.
  for (std::int64_t i = 0; i < steps_ && !is_stopped; ++i) {
    if (const auto batch = batches_->next()) {
      const Autocast autocast(device_.type(), precision_);
      tally.add(model->forward(batch->images).to(at::kFloat), batch->labels);
    }
    status_.set_activity(Activity::kForward);
    is_stopped = stop.vote_to_stop();
  }
  model->train();
  if (is_stopped) return std::nullopt;
  return tally.metrics(group_);
}

at::Tensor predict(const Config& config, const Cifar100File& set, std::int64_t count, ResNet& model,
                   at::Device device) {
  const at::NoGradGuard no_grad;
  const at::ScalarType precision = device::configure_precision(config);
  model->eval();
  const auto batches = make_batch_source(
      config, set, evaluation_loader(config, /*workers=*/0),
      [count](std::int64_t) { return evaluation_shard(count, /*rank=*/0, /*world_size=*/1); },
      device);
  batches->start_epoch(0, 0);
  std::vector<at::Tensor> logits;
  while (const auto batch = batches->next()) {
    const Autocast autocast(device.type(), precision);
    logits.push_back(model->forward(batch->images).to(at::kFloat).cpu());
  }
  return at::cat(logits);
}

}  // namespace dplaunch
