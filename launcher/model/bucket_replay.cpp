#include "launcher/model/bucket_replay.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace dplaunch {
namespace {

/// When the first `bytes` of the gradient are ready.
double ready_s_of(std::span<const Bucket> buckets, double bytes) {
  double before = 0;
  double ready_before_s = 0;
  for (const Bucket& bucket : buckets) {
    if (bytes < before + bucket.bytes) {
      return std::lerp(ready_before_s, bucket.ready_s, (bytes - before) / bucket.bytes);
    }
    before += bucket.bytes;
    ready_before_s = bucket.ready_s;
  }
  return ready_before_s;
}

}  // namespace

double total_bytes(std::span<const Bucket> buckets) {
  double sum = 0;
  for (const Bucket& bucket : buckets) sum += bucket.bytes;
  return sum;
}

std::vector<Bucket> rebucketed(std::span<const Bucket> buckets, double bucket_bytes) {
  const double total = total_bytes(buckets);
  std::vector<Bucket> result;
  for (std::size_t i = 0; static_cast<double>(i) * bucket_bytes < total; ++i) {
    const double begin = static_cast<double>(i) * bucket_bytes;
    const double end = std::min(total, begin + bucket_bytes);
    result.push_back({end - begin, ready_s_of(buckets, end)});
  }
  return result;
}

std::vector<Bucket> grouped(std::span<const Bucket> gradients, double first_bytes,
                            double bucket_bytes) {
  std::vector<Bucket> buckets;
  bool is_open = false;
  for (const Bucket& gradient : gradients) {
    if (!is_open) buckets.emplace_back();
    Bucket& bucket = buckets.back();
    bucket.bytes += gradient.bytes;
    bucket.ready_s = std::max(bucket.ready_s, gradient.ready_s);
    is_open = bucket.bytes < (buckets.size() == 1 ? first_bytes : bucket_bytes);
  }
  return buckets;
}

Replay replay_buckets(std::span<const Bucket> buckets, double backward_s,
                      const std::function<double(double bytes)>& all_reduce_seconds) {
  Replay replay;
  for (const Bucket& bucket : buckets) {
    const double seconds = all_reduce_seconds(bucket.bytes);
    replay.finish_s = std::max(bucket.ready_s, replay.finish_s) + seconds;
    replay.communication_s += seconds;
  }
  replay.exposed_s = std::max(0.0, replay.finish_s - backward_s);
  return replay;
}

}  // namespace dplaunch
