#pragma once

#include <string>
#include <vector>

#include "launcher/stacks/stack.h"

namespace dplaunch::testing {

/// A rank that waits in "main", then in the frames of `way`, each "NAME" or "NAME@PLACE"; `call` is
/// what it waits for in the kernel.
inline RankStack stack_at(int rank, const std::vector<std::string>& way,
                          const std::string& call = "") {
  RankStack stack;
  stack.rank = rank;
  stack.pid = 100 + rank;
  stack.kernel = {'S', call, true};
  for (const std::string& each : way) {
    const std::size_t at = each.find('@');
    const bool has_place = at != std::string::npos;
    stack.frames.push_back({each.substr(0, at), has_place ? each.substr(at + 1) : ""});
  }
  return stack;
}

/// Eight ranks: all but `odd` exchange gradients, that one waits for a batch.
inline std::vector<RankStack> one_of_eight(int odd) {
  std::vector<RankStack> stacks;
  for (int rank = 0; rank < 8; ++rank) {
    stacks.push_back(
        rank == odd
            ? stack_at(rank, {"main", "train@train.py:20", "next_batch@loader.py:5"}, "read(pipe)")
            : stack_at(rank, {"main", "train@train.py:21", "all_reduce@train.py:9"}, "poll()"));
  }
  return stacks;
}

}  // namespace dplaunch::testing
