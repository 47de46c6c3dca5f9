#pragma once

#include "launcher/scale/gain.h"
#include "launcher/scale/model_inputs.h"
#include "launcher/scale/run_figures.h"

namespace dplaunch {

inline constexpr double kMegabyteBytes = 1024 * 1024;  ///< of `bucket_mb`

/// How the ranks exchange their gradients.
struct Exchange {
  double bucket_bytes = 0;  ///< `bucket_mb`
  bool is_compressed = false;
};

/// A job of so many processes that waits for its all-reduce, in one block.
struct ExchangingJob {
  const RunFigures& figures;
  const std::vector<Bucket>& gradients;
  const GroupCost& cost;
  int processes = 2;
};

/// The buckets of such gradients, with the bytes that travel.
std::vector<Bucket> travelling_buckets(const std::vector<Bucket>& gradients,
                                       const Exchange& exchange);

/// All-reduce of such buckets behind the job's backward pass. `cost` has a curve for it.
Replay replay_exchange(const ExchangingJob& job, const Exchange& exchange);

/// Whether cost was measured for it.
bool is_known(const ExchangingJob& job, const Exchange& exchange);

/// What the job gains by exchanging in another way. Of three estimates the least and the most, and
/// the one between: what the replay waits less; of the measured waiting (from which the replay may
/// be far where computing and all-reduce share cores) the replay's share; and, as if nothing could
/// be hidden, of the measured waiting the all-reduces' share. To begin with bf16 costs what the
/// measurement says, or, where there are cores for it, nothing.
Gain gain_of_exchange(const ExchangingJob& job, const Exchange& now, const Exchange& then);

/// The sizes of bucket that are worth a try: powers of 2 up to all gradients in one, in bytes, that
/// give another number of buckets than now.
std::vector<double> other_bucket_bytes(const std::vector<Bucket>& gradients, double now_bytes);

}  // namespace dplaunch
