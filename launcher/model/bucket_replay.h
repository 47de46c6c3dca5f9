#pragma once

#include <functional>
#include <span>
#include <vector>

namespace dplaunch {

/// A gradient bucket of one step.
struct Bucket {
  double bytes = 0;
  double ready_s = 0;  ///< since the backward pass began
};

double total_bytes(std::span<const Bucket> buckets);

/// The same gradient in buckets of `bucket_bytes`, the last one smaller: what another bucket size
/// would do. A part of a bucket is ready as its share of the bytes between the bucket before (or
/// the beginning of the backward pass) and the bucket is, so the time of the first parts is a
/// guess. `bucket_bytes` is more than 0.
std::vector<Bucket> rebucketed(std::span<const Bucket> buckets, double bucket_bytes);

/// As c10d's reducer groups `gradients`, which are in the order in which they become ready: a
/// bucket is full when it has `bucket_bytes` or more, the first one when it has `first_bytes`, and
/// is ready with its last gradient (compute_bucket_assignment_by_size() in
/// torch/csrc/distributed/c10d/reducer.cpp).
std::vector<Bucket> grouped(std::span<const Bucket> gradients, double first_bytes,
                            double bucket_bytes);

struct Replay {
  double finish_s = 0;         ///< of the last all-reduce, since the backward pass began
  double exposed_s = 0;        ///< what of it the step waits for: finish - end of backward, or 0
  double communication_s = 0;  ///< of all all-reduces, hidden or not
};

/// One all-reduce after another, as the groups of Gloo and NCCL do them, in the order of `buckets`:
/// finish = max(ready, finish before) + all_reduce_seconds(bytes). Those that become ready after
/// `backward_s` (which rounding makes) count too.
Replay replay_buckets(std::span<const Bucket> buckets, double backward_s,
                      const std::function<double(double bytes)>& all_reduce_seconds);

}  // namespace dplaunch
