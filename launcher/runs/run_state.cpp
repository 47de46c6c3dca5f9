#include "launcher/runs/run_state.h"

#include <optional>
#include <vector>

#include "base/process/host_name.h"
#include "common/run_lock.h"
#include "launcher/runs/hosts_file.h"

namespace dplaunch {
namespace {

/// A job that goes on without a host counts the ranks of those that are left anew.
void renumber(std::vector<RankRecord>& ranks, const std::optional<HostsRecord>& hosts) {
  if (!hosts || hosts->own_first_rank < 0) return;
  for (RankRecord& rank : ranks) rank.rank = hosts->own_first_rank + rank.slot;
}

}  // namespace

RunState run_state(const RunFolder& folder) {
  RunState state;
  state.start = read_start(folder);
  renumber(state.start.ranks, read_hosts(folder, state.start.id));
  const bool is_here = state.start.host.empty() || state.start.host == host_name();
  if (is_here && is_run_locked(folder)) {
    state.kind = RunState::Kind::kRunning;
    return state;
  }
  // After the lock: a launcher records the end before it lets go of it.
  state.end = read_end(folder, state.start.id);
  if (state.end) {
    state.kind = RunState::Kind::kEnded;
  } else if (!is_here) {
    state.kind = RunState::Kind::kElsewhere;
  }
  return state;
}

std::string state_name(const RunState& state) {
  switch (state.kind) {
    case RunState::Kind::kRunning:
      return "running";
    case RunState::Kind::kElsewhere:
      return "on another host";
    case RunState::Kind::kLost:
      return "not running";
    case RunState::Kind::kEnded:
      break;
  }
  return state.end->result == "success" ? "finished" : state.end->result;
}

}  // namespace dplaunch
