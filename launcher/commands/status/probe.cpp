#include "launcher/commands/status/probe.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/files/changed.h"
#include "base/monotonic_clock.h"
#include "base/process/process_table.h"
#include "base/text/printable.h"
#include "common/status_board.h"
#include "launcher/report/stalled_rank.h"
#include "launcher/runs/find_run.h"
#include "launcher/runs/hosts_file.h"
#include "launcher/runs/rank_pids.h"
#include "launcher/runs/run_state.h"
#include "launcher/view/state_words.h"

namespace dplaunch {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kUsualTimeout{300'000};

milliseconds timeout_of(const StartRecord& start, RunKind kind) {
  if (start.stall_timeout.count() > 0) return start.stall_timeout;
  return kind == RunKind::kTraining ? kUsualTimeout : milliseconds(0);
}

/// nullopt: there is none yet, or none that can be read.
std::optional<StatusBoard> board_of(const RunFolder& folder, RunKind kind) {
  if (kind == RunKind::kCommand) return {};  // its ranks know nothing of it
  try {
    return StatusBoard::open(folder.status_board());
  } catch (const Error&) {
    return {};
  }
}

/// Of the ranks that run. One that has said nothing yet has had since its start to do so.
std::vector<RankSign> own_signs(const RunFolder& folder, const StartRecord& start, RunKind kind) {
  const std::int64_t started_ns = changed_ns(folder.pids());
  const auto pids = read_rank_pids(folder);
  const std::optional<StatusBoard> board = board_of(folder, kind);
  std::vector<RankSign> signs;
  for (const RankRecord& rank : start.ranks) {
    RankSign sign;
    sign.local_rank = static_cast<std::size_t>(rank.slot);
    const auto pid = pids.find(rank.rank);
    const char state = pid != pids.end() ? process_state(pid->second) : '?';
    if (state == '?' || state == 'Z') continue;
    sign.is_halted = is_suspended(state);
    if (board && rank.slot < board->world_size()) sign.status = board->read(rank.slot);
    const std::int64_t said_ns =
        kind == RunKind::kTraining ? sign.status.updated_ns : changed_ns(folder.log(rank.rank));
    sign.since_ns = std::max(started_ns, said_ns);
    signs.push_back(sign);
  }
  return signs;
}

/// Who waits for a rank of another host is no rank that hangs.
void add_other_hosts(std::vector<RankSign>& signs, const RunFolder& folder,
                     const StartRecord& start) {
  const auto hosts = read_hosts(folder, start.id);
  if (!hosts) return;
  for (const HostProgress& host : hosts->others) {
    if (!host.lost.empty()) continue;
    for (const RankProgress& rank : host.ranks) {
      if (!rank.status || rank.end) continue;
      RankSign sign;
      sign.status = *rank.status;
      sign.since_ns = rank.status->updated_ns;
      signs.push_back(sign);
    }
  }
}

/// Empty: all is well.
std::string why_it_hangs(const RunFolder& folder, const StartRecord& start, milliseconds timeout,
                         RunKind kind) {
  if (timeout.count() == 0) return {};
  std::vector<RankSign> signs = own_signs(folder, start, kind);
  const std::size_t own = signs.size();
  if (kind == RunKind::kTraining) add_other_hosts(signs, folder, start);
  const auto stalled = kind == RunKind::kTraining
                           ? find_stalled_rank(signs, monotonic_ns(), timeout)
                           : find_silent_job(signs, monotonic_ns(), timeout);
  if (!stalled || stalled->index >= own) return {};
  const int rank = start.ranks[signs[stalled->index].local_rank].rank;
  return fmt::format("rank {} hangs {}", rank, stalled->text);
}

std::string problem_of(const RunFolder& folder, std::optional<milliseconds> stall_timeout) {
  const RunState state = run_state(folder);
  if (state.kind != RunState::Kind::kRunning) return state_words(state);
  const RunKind kind = kind_of(folder);
  return why_it_hangs(folder, state.start, stall_timeout.value_or(timeout_of(state.start, kind)),
                      kind);
}

}  // namespace

int probe_run(const RunFolder& folder, std::optional<milliseconds> stall_timeout,
              std::ostream& out) {
  std::string problem;
  try {
    problem = problem_of(folder, stall_timeout);
  } catch (const Error& error) {
    problem = printable(error.what());
  }
  out << fmt::format("{}: {}\n", printable(folder.root().string()),
                     problem.empty() ? "well" : problem);
  return to_int(problem.empty() ? ExitCode::kSuccess : ExitCode::kFailure);
}

}  // namespace dplaunch
