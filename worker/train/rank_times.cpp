#include "worker/train/rank_times.h"

#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

namespace dplaunch {
namespace {

/// Each rank puts its seconds into a row of its own; the sum over the ranks is all rows.
at::Tensor rows_of_all_ranks(const std::array<double, kStepParts>& part_seconds,
                             ProcessGroup& group, at::Device device) {
  at::Tensor rows = at::zeros({group.size(), std::int64_t{kStepParts}}, at::kDouble);
  rows[group.rank()] = at::tensor(at::ArrayRef<double>(part_seconds), at::kDouble);
  rows = rows.to(device);
  group.all_reduce_sum(rows);
  return rows.cpu();
}

}  // namespace

RankTimes compare_ranks(const std::array<double, kStepParts>& part_seconds, double seconds,
                        ProcessGroup& group, at::Device device) {
  const at::Tensor rows = rows_of_all_ranks(part_seconds, group, device);
  RankTimes times;
  if (seconds <= 0) return times;
  const auto column = [&](StepPart part) { return rows.select(1, static_cast<int>(part)); };
  const auto share = [&](StepPart part) { return column(part).mean().item<double>() / seconds; };
  times.shares = {share(StepPart::kData), share(StepPart::kForward), share(StepPart::kBackward),
                  share(StepPart::kAllReduce), share(StepPart::kUpdate)};
  const at::Tensor own_seconds = rows.sum(1) - column(StepPart::kAllReduce);  // without waiting
  const double mean = own_seconds.mean().item<double>();
  if (mean > 0) times.skew.slowest_over_mean = own_seconds.max().item<double>() / mean;
  times.skew.slowest_rank = own_seconds.argmax().item<std::int64_t>();
  return times;
}

}  // namespace dplaunch
