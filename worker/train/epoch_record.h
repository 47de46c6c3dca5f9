#pragma once

#include "worker/checkpoint/progress.h"
#include "worker/report/metrics.h"
#include "worker/train/step_times.h"

namespace dplaunch {

/// What training steps add up to: those of one rank, or of all.
struct TrainTotals {
  double loss_sum = 0;  ///< over images
  double correct = 0;
  double images = 0;
};

/// The steps of one epoch that this process has trained, over all ranks: the whole epoch, or a part
/// of it if a checkpoint stands at its beginning or a stop at its end.
struct EpochPart {
  TrainTotals totals;
  double seconds = 0;
  double data_wait_seconds = 0;  ///< of this rank
  RankTimes times;
};

/// The epoch's figures so far. `progress` already holds the part's sums and those of the parts
/// before it, so loss and accuracy are means over all of the epoch's images, whatever its parts;
/// waiting and shares are those of the last part. Without images loss and accuracy are 0.
EpochMetrics epoch_metrics(const Progress& progress, const EpochPart& part);

}  // namespace dplaunch
