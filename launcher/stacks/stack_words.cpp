#include "launcher/stacks/stack_words.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <utility>

#include "base/text/words.h"
#include "launcher/stacks/stack_tree.h"

namespace dplaunch {
namespace {

using Stacks = std::vector<RankStack>;

const RankStack& stack_of(const Stacks& stacks, int rank) {
  return *std::find_if(stacks.begin(), stacks.end(),
                       [rank](const RankStack& stack) { return stack.rank == rank; });
}

/// What all of them wait for in the kernel; empty where that is not one thing.
std::string common_call(const Stacks& stacks, const std::vector<int>& ranks) {
  const std::string& call = stack_of(stacks, ranks.front()).kernel.call;
  const bool is_common = std::all_of(ranks.begin(), ranks.end(), [&](int rank) {
    return stack_of(stacks, rank).kernel.call == call;
  });
  return is_common ? call : "";
}

/// Goes inwards as long as all of the node's ranks are together.
const StackNode& where_they_part(const StackNode& from, std::vector<Frame>& way) {
  const StackNode* node = &from;
  while (node->children.size() == 1 && node->ranks_that_end_here().empty()) {
    node = &node->children.front();
    way.push_back(node->frame);
  }
  return *node;
}

/// Of native code the kernel's call says better where the C library is.
void leave_out_the_c_library(std::vector<Frame>& way) {
  while (way.size() > 1 && way.back().place.starts_with("libc.so")) way.pop_back();
}

/// "read(pipe) <- next_batch (loader.py:12) <- train (train.py:31)": the innermost of what is
/// common to the ranks of a node.
std::string place_words(const StackNode& node, const Stacks& stacks) {
  constexpr std::ptrdiff_t kFrames = 3;  // torch has a wrapper between all_reduce and its caller
  std::vector<Frame> way = {node.frame};
  const StackNode& end = where_they_part(node, way);
  std::vector<std::string> words;
  const std::string call = end.children.empty() ? common_call(stacks, node.ranks) : "";
  if (!call.empty() && call != frame_text(way.back())) words.push_back(call);
  leave_out_the_c_library(way);
  const auto shown = std::min(kFrames, static_cast<std::ptrdiff_t>(way.size()));
  for (auto frame = way.rbegin(); frame != way.rbegin() + shown; ++frame) {
    words.push_back(frame_text(*frame));
  }
  return joined(words, " <- ");
}

struct Group {
  std::vector<int> ranks;
  std::string place;
};

/// Where ranks part, the largest first.
std::vector<Group> groups_of(const StackNode& parting, const Stacks& stacks) {
  std::vector<Group> groups;
  for (const StackNode& child : parting.children) {
    groups.push_back({child.ranks, place_words(child, stacks)});
  }
  if (std::vector<int> here = parting.ranks_that_end_here(); !here.empty()) {
    groups.push_back({std::move(here), frame_text(parting.frame)});
  }
  std::stable_sort(groups.begin(), groups.end(),
                   [](const Group& a, const Group& b) { return a.ranks.size() > b.ranks.size(); });
  return groups;
}

std::string group_words(const std::vector<Group>& groups) {
  constexpr std::size_t kShown = 4;
  std::vector<std::string> words;
  for (std::size_t i = 0; i < groups.size() && i < kShown; ++i) {
    words.push_back(fmt::format("{}: {}", ranks_text(groups[i].ranks), groups[i].place));
  }
  if (groups.size() > kShown) {
    words.push_back(fmt::format(
        "and {}", counted(static_cast<std::int64_t>(groups.size() - kShown), "more place")));
  }
  return joined(words, "; ");
}

const char* are(const std::vector<int>& ranks) {
  return ranks.size() == 1 ? "is" : "are";
}

OddRanks apart(std::vector<Group> groups, std::size_t all) {
  OddRanks odd;
  // Two thirds: of three ranks that are two.
  if (groups.front().ranks.size() * 3 < all * 2) {
    odd.words = fmt::format("the ranks are at different places: {}", group_words(groups));
    return odd;
  }
  const Group most = groups.front();
  groups.erase(groups.begin());
  for (const Group& group : groups) {
    odd.ranks.insert(odd.ranks.end(), group.ranks.begin(), group.ranks.end());
  }
  std::sort(odd.ranks.begin(), odd.ranks.end());
  odd.words =
      fmt::format("{} {} where the others are not: {}; {}: {}", ranks_text(odd.ranks),
                  are(odd.ranks), groups.size() == 1 ? groups.front().place : group_words(groups),
                  ranks_text(most.ranks), most.place);
  return odd;
}

/// Of ranks that run or wait as usual.
OddRanks by_place(const Stacks& stacks) {
  StackNode root = merged(stacks, Calls::kLeftOut);
  if (root.ranks.empty()) root = merged(stacks, Calls::kIncluded);
  if (root.ranks.empty()) {
    std::vector<int> ranks;
    for (const RankStack& stack : stacks) ranks.push_back(stack.rank);
    return {{}, ranks.empty() ? "" : "nobody knows where to find " + ranks_text(ranks)};
  }
  std::vector<Frame> way;
  const StackNode& parting = where_they_part(root, way);
  if (!parting.children.empty()) {
    return apart(groups_of(parting, stacks), root.ranks.size());
  }
  const std::string place = place_words(root.children.front(), stacks);
  if (root.ranks.size() == 1) return {{}, fmt::format("{}: {}", ranks_text(root.ranks), place)};
  return {{}, fmt::format("{} are at the same place: {}", ranks_text(root.ranks), place)};
}

enum class Hold { kNone, kSuspended, kDebugger, kKernel };

Hold hold_on(const RankStack& stack) {
  switch (stack.kernel.state) {
    case 'T':
      return Hold::kSuspended;
    case 't':
      return Hold::kDebugger;
    case 'D':
      return Hold::kKernel;
    default:
      return Hold::kNone;
  }
}

std::string hold_words(Hold hold, const std::vector<int>& ranks, const std::string& pids) {
  const std::string who = fmt::format("{} {}", ranks_text(ranks), are(ranks));
  switch (hold) {
    case Hold::kSuspended:
      return fmt::format("{} suspended (kill -CONT{} lets {} go on)", who, pids,
                         ranks.size() == 1 ? "it" : "them");
    case Hold::kDebugger:
      return who + " held by a debugger";
    default:
      return who + " held in the kernel, by a disk, the network, a GPU's driver or memory";
  }
}

}  // namespace

OddRanks odd_ranks(const std::vector<RankStack>& stacks) {
  std::map<Hold, std::pair<std::vector<int>, std::string>> held;
  Stacks free;
  for (const RankStack& stack : stacks) {
    const Hold hold = hold_on(stack);
    if (hold == Hold::kNone) {
      free.push_back(stack);
      continue;
    }
    auto& [ranks, pids] = held[hold];
    ranks.push_back(stack.rank);
    pids += fmt::format(" {}", stack.pid);
  }
  OddRanks odd;
  std::vector<std::string> words;
  for (const auto& [hold, who] : held) {
    words.push_back(hold_words(hold, who.first, who.second));
    odd.ranks.insert(odd.ranks.end(), who.first.begin(), who.first.end());
  }
  const OddRanks others = by_place(free);
  odd.ranks.insert(odd.ranks.end(), others.ranks.begin(), others.ranks.end());
  std::sort(odd.ranks.begin(), odd.ranks.end());
  if (!others.words.empty()) words.push_back(others.words);
  odd.words = joined(words, "; ");
  return odd;
}

}  // namespace dplaunch
