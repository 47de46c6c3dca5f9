#include "worker/data/batch_loader.h"

#include <fmt/core.h>

#include <algorithm>
#include <stop_token>
#include <string>
#include <utility>

#include "base/error.h"

namespace dplaunch {
namespace {

LoaderConfig checked(LoaderConfig config) {
  if (config.batch_size < 1 || config.workers < 0) {
    throw Error(ExitCode::kUsage,
                fmt::format("a loader with bsize {} and {} workers is impossible",
                            config.batch_size, config.workers),
                "bsize is at least 1, workers at least 0");
  }
  return config;
}

}  // namespace

BatchLoader::BatchLoader(const Cifar100File& data, LoaderConfig config,
                         IndicesOfEpoch indices_of_epoch)
    : data_(data),
      config_(checked(std::move(config))),
      indices_of_epoch_(std::move(indices_of_epoch)),
      pool_(std::make_shared<BatchPool>(static_cast<std::size_t>(config_.workers + 2),
                                        config_.batch_size, config_.allocate)) {
  for (std::int64_t worker = 0; worker < config_.workers; ++worker) {
    threads_.emplace_back([this](const std::stop_token& stop) {
      while (const auto job = pool_->wait_for_job(stop)) fill_and_finish(*job);
    });
  }
}

void BatchLoader::start_epoch(std::int64_t epoch, std::int64_t first_step) {
  pool_->start(epoch, first_step, indices_of_epoch_(epoch));
}

std::optional<Batch> BatchLoader::next() {
  if (threads_.empty()) {
    if (const auto job = pool_->try_get_job()) fill_and_finish(*job);
  }
  const auto taken = pool_->take();
  if (!taken) return std::nullopt;
  return Batch(pool_, *taken);
}

void BatchLoader::fill_and_finish(const BatchJob& job) const {
  std::exception_ptr error;
  try {
    fill(job);
  } catch (...) {
    error = std::current_exception();
  }
  pool_->finish(job, std::move(error));
}

void BatchLoader::fill(const BatchJob& job) const {
  const BatchBuffer& buffer = pool_->buffer(job.slot);
  const auto& indices = *job.epoch_indices;
  const auto first = static_cast<std::size_t>(job.step * config_.batch_size);
  const auto count = std::min(static_cast<std::size_t>(config_.batch_size), indices.size() - first);
  for (std::size_t i = 0; i < count; ++i) {
    const std::int64_t index = indices[first + i];
    buffer.indices[i] = index;
    buffer.labels[i] = data_.fine_label(index);
    const ImageFloats image(buffer.images + i * cifar100::kImageBytes, cifar100::kImageBytes);
    if (config_.augmentation) {
      augment(*config_.augmentation,
              choose_augmentation(*config_.augmentation, config_.seed, job.epoch, index),
              data_.pixels(index), config_.layout, image);
    } else {
      normalize(data_.pixels(index), config_.layout, image);
    }
  }
}

}  // namespace dplaunch
