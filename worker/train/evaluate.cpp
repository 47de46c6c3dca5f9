#include "worker/train/evaluate.h"

#include <ATen/core/Reduction.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/zeros.h>

#include "worker/data/sampler.h"
#include "worker/train/autocast.h"

namespace dplaunch {
namespace {

constexpr std::int64_t kTopK = 5;

/// [loss sum, top-1 correct, top-5 correct, images] of one batch, fp64.
at::Tensor count(const at::Tensor& logits, const at::Tensor& labels) {
  at::Tensor counts =
      at::zeros({4}, at::TensorOptions().dtype(at::kDouble).device(logits.device()));
  const at::Tensor top = std::get<1>(logits.topk(kTopK, 1));
  const at::Tensor hits = top.eq(labels.unsqueeze(1));
  counts[0].add_(at::cross_entropy_loss(logits.to(at::kDouble), labels, {}, at::Reduction::Sum));
  counts[1].add_(hits.select(1, 0).sum());
  counts[2].add_(hits.sum());
  counts[3].add_(labels.size(0));
  return counts;
}

std::int64_t divide_up(std::int64_t a, std::int64_t b) {
  return (a + b - 1) / b;
}

}  // namespace

ImageLayout image_layout(const Config& config) {
  return memory_format(config) == at::MemoryFormat::ChannelsLast ? ImageLayout::kNhwc
                                                                 : ImageLayout::kNchw;
}

LoaderConfig plain_loader(const Config& config, std::int64_t workers) {
  LoaderConfig loader;
  loader.batch_size = config.bsize;
  loader.workers = workers;
  loader.layout = image_layout(config);
  loader.allocate = device::allocate_host_memory;
  return loader;
}

Evaluator::Evaluator(const Config& config, const EvaluationSet& set, ProcessGroup& group,
                     at::Device device, std::int64_t workers, StatusWriter& status)
    : group_(group),
      device_(device),
      precision_(device::configure_precision(config)),
      batches_(divide_up(divide_up(set.count, group.size()), config.bsize)),
      status_(status),
      loader_(set.file, plain_loader(config, workers),
              [first = set.first, count = set.count, rank = group.rank(),
               size = group.size()](std::int64_t) {
                std::vector<std::int64_t> shard = evaluation_shard(count, rank, size);
                for (std::int64_t& index : shard) index += first;
                return shard;
              }),
      layout_(image_layout(config)) {}

std::optional<TestMetrics> Evaluator::run(ResNet& model, StopVote& stop) {
  const at::NoGradGuard no_grad;
  model->eval();
  loader_.start_epoch(0);
  BatchStream stream(loader_, layout_, device_);
  at::Tensor counts = at::zeros({4}, at::TensorOptions().dtype(at::kDouble).device(device_));
  bool is_stopped = false;
  // As many votes on each rank, also where a shard has a batch less.
  for (std::int64_t i = 0; i < batches_ && !is_stopped; ++i) {
    if (const auto batch = stream.next()) {
      const Autocast autocast(device_.type(), precision_);
      counts += count(model->forward(batch->images).to(at::kFloat), batch->labels);
    }
    status_.set_activity(Activity::kForward);
    is_stopped = stop.is_stop_wanted();
  }
  model->train();
  if (is_stopped) return std::nullopt;
  group_.all_reduce_sum(counts);
  counts = counts.cpu();
  const auto whole = [&](int i) { return static_cast<std::int64_t>(counts[i].item<double>()); };
  TestMetrics metrics{whole(3), whole(1), whole(2), 0};
  if (metrics.images > 0) {
    metrics.loss = counts[0].item<double>() / static_cast<double>(metrics.images);
  }
  return metrics;
}

at::Tensor predict(const Config& config, const Cifar100File& set, std::int64_t count, ResNet& model,
                   at::Device device) {
  const at::NoGradGuard no_grad;
  model->eval();
  BatchLoader loader(set, plain_loader(config, /*workers=*/0), [count](std::int64_t) {
    return evaluation_shard(count, /*rank=*/0, /*world_size=*/1);
  });
  loader.start_epoch(0);
  BatchStream stream(loader, image_layout(config), device);
  std::vector<at::Tensor> logits;
  while (const auto batch = stream.next()) {
    logits.push_back(model->forward(batch->images).to(at::kFloat).cpu());
  }
  return at::cat(logits);
}

}  // namespace dplaunch
