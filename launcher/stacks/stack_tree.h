#pragma once

#include <string>
#include <vector>

#include "launcher/stacks/stack.h"

namespace dplaunch {

/// A frame that some ranks are in, on the same way from outside.
struct StackNode {
  Frame frame;
  std::vector<int> ranks;           ///< ascending
  std::vector<StackNode> children;  ///< what most ranks are in comes first

  /// Those whose innermost frame this is.
  std::vector<int> ranks_that_end_here() const;
};

/// Whether what a thread waits for in the kernel is its innermost frame.
enum class Calls { kIncluded, kLeftOut };

/// The stacks of all ranks as one tree. Its root is no frame, and has the ranks that have any.
StackNode merged(const std::vector<RankStack>& stacks, Calls calls = Calls::kIncluded);

/// "rank 3", "ranks 0-2,4-7".
std::string ranks_text(const std::vector<int>& ranks);

/// The tree for people: at the left the ranks, where they change; frames go from outside inwards,
/// and stand further right behind a place where ranks part.
std::vector<std::string> tree_lines(const StackNode& root, bool utf8);

/// For flame graphs: "main;train;all_reduce 7", a line a stack with the number of its ranks.
std::string folded(const StackNode& root);

}  // namespace dplaunch
