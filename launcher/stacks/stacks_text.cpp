#include "launcher/stacks/stacks_text.h"

#include <fmt/core.h>

#include <map>
#include <utility>

#include "base/text/words.h"
#include "launcher/stacks/stack_tree.h"
#include "launcher/stacks/stack_words.h"

namespace dplaunch {
namespace {

/// "py-spy (ranks 0-6), gdb (rank 7)".
std::string sources(const std::vector<RankStack>& stacks) {
  std::map<std::string, std::vector<int>> ranks_of;
  for (const RankStack& stack : stacks) {
    ranks_of[stack.source.empty() ? "the kernel alone" : stack.source].push_back(stack.rank);
  }
  std::vector<std::string> words;
  for (const auto& [source, ranks] : ranks_of) {
    words.push_back(ranks_of.size() == 1 ? source
                                         : fmt::format("{} ({})", source, ranks_text(ranks)));
  }
  return joined(words);
}

}  // namespace

std::vector<std::string> stacks_text(const JobStacks& stacks, std::time_t taken, bool utf8) {
  std::vector<std::string> lines = {odd_ranks(stacks.ranks).words, ""};
  if (const StackNode tree = merged(stacks.ranks); !tree.children.empty()) {
    for (std::string& line : tree_lines(tree, utf8)) lines.push_back(std::move(line));
    lines.emplace_back();
  }
  lines.push_back(fmt::format("{}, by {}", local_time_text(taken), sources(stacks.ranks)));
  for (const std::string& note : stacks.notes) lines.push_back("note: " + note);
  return lines;
}

}  // namespace dplaunch
