#pragma once

#include <cstdint>

namespace dplaunch {

/// How far training is: what a checkpoint holds besides the tensors.
struct Progress {
  std::int64_t epochs_done = 0;
  std::int64_t steps_done = 0;       ///< over the whole run
  std::int64_t images_in_epoch = 0;  ///< trained on in the unfinished epoch, by all ranks
  std::int64_t best_epoch = 0;       ///< counted from 1; 0 = none yet
  std::int64_t best_step = 0;        ///< `steps_done` of the best; 0 = not known
  double best_top1 = -1;             ///< percent
  // Of the unfinished epoch, over all ranks.
  double loss_sum = 0;  ///< over images
  double correct = 0;
  double train_seconds = 0;

  bool operator==(const Progress&) const = default;
};

}  // namespace dplaunch
