#include "launcher/commands/stacks/stacks_json.h"

#include <cstdint>
#include <optional>

#include "base/files/json_fields.h"
#include "base/text/printable.h"
#include "launcher/stacks/stack_tree.h"
#include "launcher/stacks/stack_words.h"

namespace dplaunch {
namespace {

Json collective_json(const std::optional<LastCollective>& last) {
  if (!last) return nullptr;
  return {{"operation", last->operation},
          {"number", last->number},
          {"group", text_or_null(last->group)},
          {"input", text_or_null(last->input)},
          {"state", last->state},
          {"recorded_unix", static_cast<std::int64_t>(last->recorded)}};
}

Json stack_json(const RankStack& stack) {
  return {{"rank", stack.rank},
          {"pid", stack.pid},
          {"program", text_or_null(stack.program)},
          {"state", std::string(1, stack.kernel.state)},
          {"waits_in", text_or_null(stack.kernel.call)},
          {"source", text_or_null(stack.source)},
          {"problem", text_or_null(stack.problem)},
          {"last_collective", collective_json(stack.collective)}};
}

/// A stack for each node at which ranks end.
void add_stacks(const StackNode& node, Json frames, Json& stacks) {
  if (const std::vector<int> here = node.ranks_that_end_here(); !here.empty()) {
    stacks.push_back({{"ranks", here}, {"frames", frames}});
  }
  for (const StackNode& child : node.children) {
    Json further = frames;
    further.push_back(
        {{"function", child.frame.function}, {"place", text_or_null(child.frame.place)}});
    add_stacks(child, std::move(further), stacks);
  }
}

}  // namespace

std::string stacks_json(const RunFolder& folder, const JobStacks& stacks, std::time_t taken) {
  const OddRanks odd = odd_ranks(stacks.ranks);
  Json ranks = Json::array();
  for (const RankStack& stack : stacks.ranks) ranks.push_back(stack_json(stack));
  Json merged_stacks = Json::array();
  add_stacks(merged(stacks.ranks), Json::array(), merged_stacks);
  const Json json = {{"run", printable(folder.root().string())},
                     {"taken_unix", static_cast<std::int64_t>(taken)},
                     {"summary", odd.words},
                     {"odd_ranks", odd.ranks},
                     {"ranks", std::move(ranks)},
                     {"stacks", std::move(merged_stacks)},
                     {"notes", stacks.notes}};
  return json.dump();
}

}  // namespace dplaunch
