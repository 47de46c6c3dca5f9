#include "worker/train/over_ranks.h"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace dplaunch {

TrainTotals sum_over_ranks(const TrainTotals& mine, ProcessGroup& group, at::Device device) {
  const std::vector<double> sums =
      group.all_reduce_sum({mine.loss_sum, mine.correct, mine.images}, device);
  return {sums[0], sums[1], sums[2]};
}

RankTimes compare_over_ranks(const RankSeconds& mine, ProcessGroup& group, at::Device device) {
  // Each rank writes a row of its own. The sum of rows that are zero but for one is that one, bit
  // for bit.
  constexpr std::ptrdiff_t kRow = kStepParts + 1;
  std::vector<double> rows(static_cast<std::size_t>(group.size() * kRow));
  const auto own_row = rows.begin() + group.rank() * kRow;
  std::ranges::copy(mine.parts, own_row);
  own_row[kStepParts] = mine.total;
  rows = group.all_reduce_sum(rows, device);
  std::vector<RankSeconds> ranks;
  for (auto row = rows.begin(); row != rows.end(); row += kRow) {
    RankSeconds& rank = ranks.emplace_back();
    std::copy_n(row, kStepParts, rank.parts.begin());
    rank.total = row[kStepParts];
  }
  return compare_ranks(ranks);
}

}  // namespace dplaunch
