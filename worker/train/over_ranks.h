#pragma once

#include "worker/distributed/process_group.h"
#include "worker/train/epoch_record.h"
#include "worker/train/step_times.h"

namespace dplaunch {

// Collectives: every rank passes its own figures and gets the same result.

/// The sum of every rank's totals.
TrainTotals sum_over_ranks(const TrainTotals& mine, ProcessGroup& group, at::Device device);

/// compare_ranks() of what every rank measured.
RankTimes compare_over_ranks(const RankSeconds& mine, ProcessGroup& group, at::Device device);

}  // namespace dplaunch
