#include "launcher/runs/rank_pids.h"

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/files/atomic_file.h"
#include "base/files/json_fields.h"
#include "base/text/parse_number.h"

namespace dplaunch {

void write_rank_pids(const RunFolder& folder, const std::map<int, pid_t>& pid_by_rank) {
  if (!folder.is_ours()) return;
  Json pids = Json::object();
  for (const auto& [rank, pid] : pid_by_rank) pids[std::to_string(rank)] = pid;
  try {
    write_file_whole(folder.pids(), pids.dump() + "\n");
  } catch (const Error&) {
    return;
  }
}

std::map<int, pid_t> read_rank_pids(const RunFolder& folder) {
  std::map<int, pid_t> pid_by_rank;
  try {
    const Json pids = read_json_object(folder.pids()).value_or(Json::object());
    for (const auto& [name, pid] : pids.items()) {
      const std::optional<int> rank = parse_number<int>(name);
      if (rank && pid.is_number_integer()) {
        pid_by_rank[*rank] = static_cast<pid_t>(pid.get<std::int64_t>());
      }
    }
  } catch (const Error&) {
    return {};
  }
  return pid_by_rank;
}

std::map<int, pid_t> children_of(pid_t launcher, std::map<int, pid_t> pid_by_rank,
                                 const std::vector<ProcessEntry>& table) {
  const auto is_child = [&](pid_t pid) {
    return std::any_of(table.begin(), table.end(), [&](const ProcessEntry& entry) {
      return entry.pid == pid && entry.parent == launcher;
    });
  };
  std::erase_if(pid_by_rank, [&](const auto& each) { return !is_child(each.second); });
  return pid_by_rank;
}

}  // namespace dplaunch
