#include "launcher/view/command_watch.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/process/process_table.h"
#include "base/process/signal_name.h"
#include "base/text/text_table.h"
#include "base/text/words.h"
#include "launcher/runs/rank_pids.h"
#include "launcher/view/progress.h"

namespace dplaunch {
namespace {

std::optional<RankEnd> end_of(const RunState& state, int rank) {
  if (!state.end) return {};
  for (const RankEnd& end : state.end->ranks) {
    if (end.rank == rank) return end;
  }
  return {};
}

std::string words_of(const RankEnd& end) {
  if (end.signal != 0) return "killed by " + signal_name(end.signal);
  return fmt::format("exit code {}", end.exit_code);
}

std::string state_of(const CommandRankView& rank) {
  if (rank.end) return words_of(*rank.end);
  if (rank.use.is_suspended()) return "suspended";
  return rank.use.is_alive() ? "running" : "ended";
}

std::string memory_of(const ProcessUse& use) {
  return fmt::format("{}, {}", bytes_text(use.memory_bytes),
                     counted(use.processes, "process", "processes"));
}

std::string output_of(const LogEnd& output, std::time_t now) {
  if (output.written == 0) return "no output";
  const auto age = static_cast<double>(std::max<std::time_t>(0, now - output.written));
  return fmt::format("{} ago: {}", duration(age), output.text);
}

/// Of another host's rank no more is known than what its launcher says.
std::string state_elsewhere(const RankView& rank, const RunView& run) {
  if (!rank.lost.empty()) return "lost since " + rank.lost;
  if (rank.elsewhere->end) return words_of(*rank.elsewhere->end);
  if (const auto untold = untold_seconds(rank, run))
    return fmt::format("no word for {} s", *untold);
  return run.is_live ? "running" : "not known";
}

std::string output_elsewhere(const RankView& rank, const RunView& run) {
  if (rank.elsewhere->output_ns == 0) return "no output";
  if (!run.is_live) return {};
  const auto age_ns = std::max<std::int64_t>(0, run.now_ns - rank.elsewhere->output_ns);
  return fmt::format("{} ago", duration(static_cast<double>(age_ns) * 1e-9));
}

std::string gpu_of(const GpuUse& gpu) {
  if (!gpu.error.empty()) return gpu.error;
  const std::string used = bytes_text(gpu.memory_used_bytes);
  return gpu.utilization_percent < 0 ? "GPU " + used
                                     : fmt::format("GPU {}%, {}", gpu.utilization_percent, used);
}

}  // namespace

std::vector<CommandRankView> CommandWatch::look(const RunState& state,
                                                const std::vector<ProcessEntry>& table,
                                                std::int64_t now_ns) {
  const std::map<int, pid_t> pids =
      state.kind == RunState::Kind::kRunning
          ? children_of(state.start.launcher_pid, read_rank_pids(folder_), table)
          : std::map<int, pid_t>();
  std::vector<CommandRankView> ranks;
  for (const RankRecord& record : state.start.ranks) {
    CommandRankView& rank = ranks.emplace_back();
    rank.rank = record.rank;
    rank.end = end_of(state, record.rank);
    rank.output = read_log_end(folder_.log(record.rank));
    const auto found = pids.find(record.rank);
    if (found == pids.end()) continue;
    rank.pid = found->second;
    rank.use = use_of_family(rank.pid, table);
    rank.cpu_percent = cpu_percent(rank, now_ns);
  }
  return ranks;
}

std::optional<double> CommandWatch::cpu_percent(const CommandRankView& rank, std::int64_t now_ns) {
  const auto [entry, is_new] = earlier_.try_emplace(rank.pid);
  const Earlier before = entry->second;
  entry->second = {now_ns, rank.use.cpu_seconds};
  if (is_new || now_ns <= before.at_ns) return {};
  const double seconds = static_cast<double>(now_ns - before.at_ns) * 1e-9;
  // What an orphan had used leaves the family with it.
  return std::max(0.0, 100 * (rank.use.cpu_seconds - before.cpu_seconds) / seconds);
}

std::vector<std::string> command_lines(const std::vector<CommandRankView>& ranks,
                                       const RunView& run, std::time_t now, int columns) {
  std::map<int, std::vector<std::string>> rows;
  for (const CommandRankView& rank : ranks) {
    const bool is_alive = rank.use.is_alive();
    RankView words{rank.rank, {}, {}};
    words.host = rank.host;
    rows[rank.rank] = {rank_words(words),
                       is_alive ? fmt::format("pid {}", rank.pid) : "",
                       state_of(rank),
                       rank.cpu_percent ? fmt::format("cpu {:.0f}%", *rank.cpu_percent) : "",
                       is_alive ? memory_of(rank.use) : "",
                       rank.gpu ? gpu_of(*rank.gpu) : "",
                       output_of(rank.output, now)};
  }
  for (const RankView& rank : shown_ranks(run)) {
    if (rank.host_index == run.own_index || !rank.elsewhere) continue;
    rows[rank.rank] = {rank_words(rank),           "", state_elsewhere(rank, run), "", "", "",
                       output_elsewhere(rank, run)};
  }
  TextTable table({{}, {}, {}, {"", Align::kRight}, {}, {}, {"", Align::kLeft, {}, 0, true}});
  for (const auto& [rank, row] : rows) table.add(row);
  return table.lines(columns);
}

}  // namespace dplaunch
