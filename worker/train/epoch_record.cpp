#include "worker/train/epoch_record.h"

namespace dplaunch {

EpochMetrics epoch_metrics(const Progress& progress, const EpochPart& part) {
  EpochMetrics metrics;
  metrics.epoch = progress.epochs_done + 1;
  metrics.step = progress.steps_done;
  metrics.images = progress.images_in_epoch;
  const auto images = static_cast<double>(metrics.images);
  metrics.train_loss = images > 0 ? progress.loss_sum / images : 0;
  metrics.train_top1 = images > 0 ? 100 * progress.correct / images : 0;
  metrics.train_seconds = progress.train_seconds;
  metrics.data_wait_seconds = part.data_wait_seconds;
  metrics.shares = part.times.shares;
  metrics.skew = part.times.skew;
  return metrics;
}

}  // namespace dplaunch
