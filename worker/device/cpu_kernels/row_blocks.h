#pragma once

#include <ATen/Parallel.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "worker/device/cpu_kernels/norm_kernels.h"

namespace dplaunch::cpu_kernels {

/// [rows, channels] in blocks of rows. A block stays in the nearest cache while it is looked at
/// twice, and what comes of each is combined in fp64, in the same order for any number of threads.
class RowBlocks {
 public:
  RowBlocks(std::size_t rows, std::size_t channels, std::size_t element_bytes)
      : rows_(rows),
        channels_(channels),
        block_rows_(std::max(kMinBlockRows,
                             kBlockBytes / std::max<std::size_t>(channels * element_bytes, 1))),
        count_((rows + block_rows_ - 1) / block_rows_) {}

  std::size_t rows() const { return rows_; }
  std::size_t channels() const { return channels_; }
  std::size_t count() const { return count_; }
  Rows size(std::size_t block) const {
    return {std::min(block_rows_, rows_ - block * block_rows_), channels_};
  }
  std::size_t first_element(std::size_t block) const { return block * block_rows_ * channels_; }

  /// work(block), in several threads.
  template <typename Work>
  void for_each(const Work& work) const {
    at::parallel_for(0, signed_count(), grain(), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) work(static_cast<std::size_t>(i));
    });
  }
  /// From the last block of each thread to its first: after for_each() the last are still cached.
  template <typename Work>
  void for_each_backwards(const Work& work) const {
    at::parallel_for(0, signed_count(), grain(), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = end; i-- > begin;) work(static_cast<std::size_t>(i));
    });
  }

 private:
  static constexpr std::size_t kBlockBytes = 32 * 1024;
  /// Fewer would make the combining cost more than the block.
  static constexpr std::size_t kMinBlockRows = 32;
  /// A thread is worth starting for so many elements (ATen's own measure).
  static constexpr std::size_t kThreadElements = 32768;

  std::int64_t signed_count() const { return static_cast<std::int64_t>(count_); }
  std::int64_t grain() const {
    return static_cast<std::int64_t>(std::max<std::size_t>(
        kThreadElements / std::max<std::size_t>(block_rows_ * channels_, 1), 1));
  }

  std::size_t rows_, channels_, block_rows_, count_;
};

/// Two values a channel and block.
template <typename Value>
struct Partial {
  explicit Partial(const RowBlocks& blocks)
      : first(std::make_unique_for_overwrite<Value[]>(blocks.count() * blocks.channels())),
        second(std::make_unique_for_overwrite<Value[]>(blocks.count() * blocks.channels())) {}
  std::unique_ptr<Value[]> first, second;
};

struct Moments {
  std::vector<double> mean, squares;
};

/// Chan, Golub, LeVeque, "Algorithms for computing the sample variance", 1983. `partial` holds the
/// means and the sums of squared differences.
template <typename Value>
Moments combine_moments(const Partial<Value>& partial, const RowBlocks& blocks);

/// Of a value a channel and block.
template <typename Value>
std::vector<double> sum_over_blocks(const Value* values, const RowBlocks& blocks);

}  // namespace dplaunch::cpu_kernels
