#include "worker/device/cpu_kernels/row_blocks.h"

namespace dplaunch::cpu_kernels {

template <typename Value>
Moments combine_moments(const Partial<Value>& partial, const RowBlocks& blocks) {
  const std::size_t channels = blocks.channels();
  Moments all{std::vector<double>(channels), std::vector<double>(channels)};
  double seen = 0;
  for (std::size_t block = 0; block < blocks.count(); ++block) {
    const auto rows = static_cast<double>(blocks.size(block).rows);
    const double share = rows / (seen + rows);
    const Value* mean = partial.first.get() + block * channels;
    const Value* squares = partial.second.get() + block * channels;
    for (std::size_t c = 0; c < channels; ++c) {
      const double difference = static_cast<double>(mean[c]) - all.mean[c];
      all.mean[c] += difference * share;
      all.squares[c] += static_cast<double>(squares[c]) + difference * difference * seen * share;
    }
    seen += rows;
  }
  return all;
}

template <typename Value>
std::vector<double> sum_over_blocks(const Value* values, const RowBlocks& blocks) {
  std::vector<double> sums(blocks.channels());
  for (std::size_t block = 0; block < blocks.count(); ++block) {
    for (std::size_t c = 0; c < sums.size(); ++c) {
      sums[c] += static_cast<double>(values[block * sums.size() + c]);
    }
  }
  return sums;
}

template Moments combine_moments(const Partial<float>&, const RowBlocks&);
template Moments combine_moments(const Partial<double>&, const RowBlocks&);
template std::vector<double> sum_over_blocks(const float*, const RowBlocks&);
template std::vector<double> sum_over_blocks(const double*, const RowBlocks&);

}  // namespace dplaunch::cpu_kernels
