#include "common/slurm_lists.h"

#include <cstddef>

#include "base/text/parse_number.h"
#include "base/text/words.h"

namespace dplaunch {

std::optional<std::string> first_host(const std::string& node_list) {
  std::string host;
  for (std::size_t i = 0; i < node_list.size() && node_list[i] != ','; ++i) {
    if (node_list[i] != '[') {
      host += node_list[i];
      continue;
    }
    const std::size_t close = node_list.find(']', i);
    if (close == std::string::npos) return std::nullopt;
    const std::string choices = node_list.substr(i + 1, close - i - 1);
    host += choices.substr(0, choices.find_first_of("-,"));
    i = close;
  }
  if (host.empty()) return std::nullopt;
  return host;
}

std::optional<int> number_of_node(const std::string& numbers, int node) {
  int after = 0;
  for (const std::string& piece : split(numbers, ',')) {
    const std::size_t times = piece.find("(x");
    const auto number = parse_number<int>(piece.substr(0, times));
    std::optional<int> nodes = 1;
    if (times != std::string::npos && piece.ends_with(')')) {
      nodes = parse_number<int>(piece.substr(times + 2, piece.size() - times - 3));
    }
    if (!number || !nodes || *nodes > 1'000'000) return std::nullopt;
    after += *nodes;
    if (node < after) return number;
  }
  return std::nullopt;
}

}  // namespace dplaunch
