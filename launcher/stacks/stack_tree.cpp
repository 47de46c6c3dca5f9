#include "launcher/stacks/stack_tree.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstddef>
#include <iterator>

#include "base/text/number_ranges.h"

namespace dplaunch {
namespace {

void add(StackNode& root, int rank, const Frames& frames) {
  if (frames.empty()) return;
  StackNode* node = &root;
  node->ranks.push_back(rank);
  for (const Frame& frame : frames) {
    auto child = std::find_if(node->children.begin(), node->children.end(),
                              [&](const StackNode& each) { return each.frame == frame; });
    if (child == node->children.end()) child = node->children.insert(child, {frame, {}, {}});
    child->ranks.push_back(rank);
    node = &*child;
  }
}

void sort_tree(StackNode& node) {
  std::sort(node.ranks.begin(), node.ranks.end());
  for (StackNode& child : node.children) sort_tree(child);
  std::sort(node.children.begin(), node.children.end(), [](const StackNode& a, const StackNode& b) {
    if (a.ranks.size() != b.ranks.size()) return a.ranks.size() > b.ranks.size();
    return a.ranks < b.ranks;
  });
}

/// How a tree is drawn: what stands before a branch, and below it.
struct Strokes {
  const char* branch;
  const char* last_branch;
  const char* below;
  const char* below_last = "  ";
};

struct Line {
  std::string ranks;
  std::string text;
};

class TreeDrawing {
 public:
  explicit TreeDrawing(bool utf8)
      : strokes_(utf8 ? Strokes{"\u251c ", "\u2514 ", "\u2502 "} : Strokes{"+ ", "` ", "| "}) {}

  void draw_children(const StackNode& node, const std::string& indent) {
    const std::vector<int> left = node.ranks_that_end_here();
    const std::size_t branches = node.children.size() + (left.empty() ? 0 : 1);
    if (branches == 1 && !node.children.empty()) {
      return draw(node.children.front(), indent, indent, "");
    }
    for (std::size_t i = 0; i < node.children.size(); ++i) {
      const bool is_last = i + 1 == branches;
      const StackNode& child = node.children[i];
      draw(child, indent + (is_last ? strokes_.last_branch : strokes_.branch),
           indent + (is_last ? strokes_.below_last : strokes_.below), number_ranges(child.ranks));
    }
    // Without any branch the frames before have said it all.
    if (branches > 1 && !left.empty()) {
      lines.push_back({number_ranges(left), indent + strokes_.last_branch + "(no further)"});
    }
  }

  std::vector<Line> lines;

 private:
  void draw(const StackNode& node, const std::string& first, const std::string& indent,
            const std::string& ranks) {
    const bool is_first_line = lines.empty() && ranks.empty();
    lines.push_back(
        {is_first_line ? number_ranges(node.ranks) : ranks, first + frame_text(node.frame)});
    draw_children(node, indent);
  }

  Strokes strokes_;
};

/// Semicolons separate frames, and the number stands behind the last space.
std::string folded_name(const Frame& frame) {
  std::string text = frame_text(frame);
  std::replace(text.begin(), text.end(), ';', ',');
  return text;
}

void fold(const StackNode& node, const std::string& before, std::string& text) {
  const std::vector<int> here = node.ranks_that_end_here();
  if (!here.empty() && !before.empty()) text += fmt::format("{} {}\n", before, here.size());
  for (const StackNode& child : node.children) {
    fold(child, before + (before.empty() ? "" : ";") + folded_name(child.frame), text);
  }
}

}  // namespace

std::vector<int> StackNode::ranks_that_end_here() const {
  std::vector<int> further;
  for (const StackNode& child : children) {
    further.insert(further.end(), child.ranks.begin(), child.ranks.end());
  }
  std::sort(further.begin(), further.end());
  std::vector<int> here;
  std::set_difference(ranks.begin(), ranks.end(), further.begin(), further.end(),
                      std::back_inserter(here));
  return here;
}

StackNode merged(const std::vector<RankStack>& stacks, Calls calls) {
  StackNode root;
  for (const RankStack& stack : stacks) {
    add(root, stack.rank, calls == Calls::kIncluded ? whole_stack(stack) : stack.frames);
  }
  sort_tree(root);
  return root;
}

std::string ranks_text(const std::vector<int>& ranks) {
  return (ranks.size() == 1 ? "rank " : "ranks ") + number_ranges(ranks);
}

std::vector<std::string> tree_lines(const StackNode& root, bool utf8) {
  TreeDrawing drawing(utf8);
  drawing.draw_children(root, "");
  std::size_t width = 5;
  for (const Line& line : drawing.lines) width = std::max(width, line.ranks.size());
  std::vector<std::string> lines = {
      fmt::format("{:<{}}  STACK, FROM OUTSIDE INWARDS", "RANKS", width)};
  for (const Line& line : drawing.lines) {
    lines.push_back(fmt::format("{:<{}}  {}", line.ranks, width, line.text));
  }
  return lines;
}

std::string folded(const StackNode& root) {
  std::string text;
  fold(root, "", text);
  return text;
}

}  // namespace dplaunch
