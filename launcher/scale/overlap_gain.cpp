#include "launcher/scale/overlap_gain.h"

#include <algorithm>
#include <array>

#include "common/gradient_times_file.h"

namespace dplaunch {
namespace {

constexpr double kCompression = 0.5;  // bf16 by fp32

const CommCurve& curve_of(const ExchangingJob& job, const Exchange& exchange) {
  return exchange.is_compressed ? job.cost.bf16 : job.cost.fp32;
}

/// The part of `now` that is no more; 0 where there was nothing.
double saved_share(double now, double then) {
  return now > 0 ? 1 - then / now : 0;
}

}  // namespace

std::vector<Bucket> travelling_buckets(const std::vector<Bucket>& gradients,
                                       const Exchange& exchange) {
  std::vector<Bucket> buckets = grouped(
      gradients, std::min<double>(kFirstBucketBytes, exchange.bucket_bytes), exchange.bucket_bytes);
  for (Bucket& bucket : buckets) bucket.bytes *= exchange.is_compressed ? kCompression : 1;
  return buckets;
}

bool is_known(const ExchangingJob& job, const Exchange& exchange) {
  return !job.gradients.empty() && !curve_of(job, exchange).points.empty();
}

Replay replay_exchange(const ExchangingJob& job, const Exchange& exchange) {
  const CommCurve& curve = curve_of(job, exchange);
  return replay_buckets(
      travelling_buckets(job.gradients, exchange), job.gradients.back().ready_s, [&](double bytes) {
        return extrapolated_seconds(curve, AllReduceAlgorithm::kAuto, bytes, job.processes);
      });
}

Gain gain_of_exchange(const ExchangingJob& job, const Exchange& now, const Exchange& then) {
  const Replay before = replay_exchange(job, now);
  const Replay after = replay_exchange(job, then);
  const double waiting_s = job.figures.step_seconds - job.figures.max_own_seconds;
  std::array<double, 3> saved_s = {
      before.exposed_s - after.exposed_s,
      waiting_s * saved_share(before.exposed_s, after.exposed_s),
      waiting_s * saved_share(before.communication_s, after.communication_s)};
  for (double& seconds : saved_s) seconds = std::min(seconds, waiting_s);
  std::ranges::sort(saved_s);
  const double compress_s = then.is_compressed && !now.is_compressed ? job.cost.compress_s : 0;
  const double total_s = job.figures.whole_seconds();
  return {(saved_s[0] - compress_s) / total_s, (saved_s[1] - compress_s / 2) / total_s,
          saved_s[2] / total_s};
}

std::vector<double> other_bucket_bytes(const std::vector<Bucket>& gradients, double now_bytes) {
  constexpr double kSmallest = 1 << 14;  // the least power of 2 that `bucket_mb` takes
  const double total = total_bytes(gradients);
  const std::size_t now = travelling_buckets(gradients, {now_bytes, false}).size();
  std::size_t before = 0;
  std::vector<double> sizes;
  for (double bytes = kSmallest; bytes < 2 * total; bytes *= 2) {
    const std::size_t count = travelling_buckets(gradients, {bytes, false}).size();
    if (count != now && count != before) sizes.push_back(bytes);
    before = count;
  }
  return sizes;
}

}  // namespace dplaunch
