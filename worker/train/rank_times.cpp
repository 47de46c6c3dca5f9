#include "worker/train/rank_times.h"

#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <cstdint>

namespace dplaunch {
namespace {

/// Each rank puts the seconds of its parts, and all its seconds, into a row of its own; the sum
/// over the ranks is all rows.
at::Tensor rows_of_all_ranks(const std::array<double, kStepParts>& part_seconds, double seconds,
                             ProcessGroup& group, at::Device device) {
  at::Tensor rows = at::zeros({group.size(), std::int64_t{kStepParts} + 1}, at::kDouble);
  at::Tensor mine = rows[group.rank()];
  mine.narrow(0, 0, std::int64_t{kStepParts})
      .copy_(at::tensor(at::ArrayRef<double>(part_seconds), at::kDouble));
  mine[std::int64_t{kStepParts}] = seconds;
  rows = rows.to(device);
  group.all_reduce_sum(rows);
  return rows.cpu();
}

}  // namespace

RankTimes compare_ranks(const std::array<double, kStepParts>& part_seconds, double seconds,
                        ProcessGroup& group, at::Device device) {
  const at::Tensor all = rows_of_all_ranks(part_seconds, seconds, group, device);
  const at::Tensor rows = all.narrow(1, 0, std::int64_t{kStepParts});
  // Rank 0 begins an epoch later than the others, which wait for it: its seconds alone are too few.
  const double mean_seconds = all.select(1, std::int64_t{kStepParts}).mean().item<double>();
  RankTimes times;
  if (mean_seconds <= 0) return times;
  const auto column = [&](StepPart part) { return rows.select(1, static_cast<int>(part)); };
  const auto share = [&](StepPart part) {
    return column(part).mean().item<double>() / mean_seconds;
  };
  times.shares = {share(StepPart::kData), share(StepPart::kForward), share(StepPart::kBackward),
                  share(StepPart::kAllReduce), share(StepPart::kUpdate)};
  const at::Tensor own_seconds = rows.sum(1) - column(StepPart::kAllReduce);  // without waiting
  const double mean = own_seconds.mean().item<double>();
  if (mean > 0) times.skew.slowest_over_mean = own_seconds.max().item<double>() / mean;
  times.skew.slowest_rank = own_seconds.argmax().item<std::int64_t>();
  return times;
}

}  // namespace dplaunch
