#pragma once

#include <string>
#include <vector>

#include "launcher/stacks/stack.h"

namespace dplaunch {

/// Who is where the others are not.
struct OddRanks {
  std::vector<int> ranks;  ///< ascending; empty: nobody, or nobody can say
  std::string words;       ///< a sentence of one line, also where there are none
};

/// A rank that is suspended, or held in the kernel, is odd wherever it is. Of the others those are
/// that part first from two thirds of them at least; what they wait for in the kernel is no
/// parting, as ranks that poll are now here and now there.
OddRanks odd_ranks(const std::vector<RankStack>& stacks);

}  // namespace dplaunch
