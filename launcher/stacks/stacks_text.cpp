#include "launcher/stacks/stacks_text.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/text/number_ranges.h"
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

/// "all_reduce 4 of default_pg, 512x10 Float: started", and when that was recorded if it is old.
std::string collective_text(const LastCollective& last, std::time_t now) {
  constexpr std::time_t kOldSeconds = 10;
  std::string text = fmt::format("{} {}", last.operation, last.number);
  if (!last.group.empty()) text += " of " + last.group;
  if (!last.input.empty()) text += ", " + last.input;
  text += ": " + last.state;
  if (now - last.recorded > kOldSeconds) text += " at " + local_time_text(last.recorded);
  return text;
}

/// A line for all ranks that are at the same; none where nothing is recorded.
std::vector<std::string> collective_lines(const std::vector<RankStack>& stacks, std::time_t now) {
  std::vector<std::pair<std::string, std::vector<int>>> ranks_of;
  for (const RankStack& stack : stacks) {
    if (!stack.collective) continue;
    const std::string text = collective_text(*stack.collective, now);
    const auto same = std::find_if(ranks_of.begin(), ranks_of.end(),
                                   [&](const auto& pair) { return pair.first == text; });
    auto& pair = same != ranks_of.end() ? *same : ranks_of.emplace_back(text, std::vector<int>());
    pair.second.push_back(stack.rank);
  }
  std::size_t width = 5;
  for (const auto& [text, ranks] : ranks_of) width = std::max(width, number_ranges(ranks).size());
  std::vector<std::string> lines;
  if (!ranks_of.empty()) lines.push_back(fmt::format("{:<{}}  LAST COLLECTIVE", "RANKS", width));
  for (const auto& [text, ranks] : ranks_of) {
    lines.push_back(fmt::format("{:<{}}  {}", number_ranges(ranks), width, text));
  }
  return lines;
}

void add_paragraph(std::vector<std::string> paragraph, std::vector<std::string>& lines) {
  for (std::string& line : paragraph) lines.push_back(std::move(line));
  if (!paragraph.empty()) lines.emplace_back();
}

}  // namespace

std::vector<std::string> stacks_text(const JobStacks& stacks, std::time_t taken, bool utf8) {
  std::vector<std::string> lines = {odd_ranks(stacks.ranks).words, ""};
  if (const StackNode tree = merged(stacks.ranks); !tree.children.empty()) {
    add_paragraph(tree_lines(tree, utf8), lines);
  }
  add_paragraph(collective_lines(stacks.ranks, taken), lines);
  lines.push_back(fmt::format("{}, by {}", local_time_text(taken), sources(stacks.ranks)));
  for (const std::string& note : stacks.notes) lines.push_back("note: " + note);
  return lines;
}

}  // namespace dplaunch
