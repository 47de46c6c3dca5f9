#include "launcher/commands/top/watched_run.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/text/printable.h"
#include "launcher/view/progress.h"
#include "launcher/view/state_words.h"

namespace dplaunch {
namespace {

/// All GPUs of the run in one; nullopt if it has none.
std::optional<GpuUse> gpus_of(const RunView& view) {
  std::optional<GpuUse> all;
  std::int64_t known = 0;
  std::int64_t percent = 0;
  for (const RankView& rank : view.ranks) {
    if (!rank.gpu) continue;
    if (!all) all.emplace();
    all->memory_used_bytes += rank.gpu->memory_used_bytes;
    all->memory_total_bytes += rank.gpu->memory_total_bytes;
    if (!rank.gpu->error.empty()) all->error = rank.gpu->error;
    if (rank.gpu->utilization_percent < 0) continue;
    percent += rank.gpu->utilization_percent;
    ++known;
  }
  if (known > 0) all->utilization_percent = static_cast<int>(percent / known);
  return all;
}

std::string run_progress_words(const Progress& progress) {
  const double percent = std::floor(100 * progress.run_fraction);
  return fmt::format("epoch {}/{}, {:.0f}%", progress.epoch, progress.epochs, percent);
}

/// The first rank of which something is wrong; empty: of none.
std::string trouble_of(const RunView& view, const std::vector<CommandRankView>& processes) {
  for (const CommandRankView& rank : processes) {
    if (rank.use.is_suspended()) return fmt::format("rank {} is suspended", rank.rank);
  }
  for (const RankView& rank : view.ranks) {
    if (!rank.lost.empty()) return fmt::format("{} lost since {}", rank_words(rank), rank.lost);
    if (const auto seconds = silent_seconds(rank, view)) {
      return fmt::format("rank {} silent for {} s", rank.rank, *seconds);
    }
    if (rank.gpu && !rank.gpu->error.empty()) {
      return fmt::format("rank {}: GPU: {}", rank.rank,
                         printable(rank.gpu->error, Unprintable::kLeftOut));
    }
  }
  return {};
}

}  // namespace

RunRow WatchedRun::look(const std::vector<ProcessEntry>& table, std::int64_t now_ns) {
  RunRow row;
  row.folder = folder_;
  try {
    fill(row, table, now_ns);
  } catch (const Error& error) {
    row.state = "unreadable";
    row.trouble = printable(error.what(), Unprintable::kLeftOut);
  }
  return row;
}

void WatchedRun::fill(RunRow& row, const std::vector<ProcessEntry>& table, std::int64_t now_ns) {
  const RunState state = run_state(folder_);
  if (!watch_ || state.start.id != watched_start_) {
    watch_.emplace(folder_, state.start.ranks, state.start.id);
    watched_start_ = state.start.id;
  }
  row.state = state_name(state);
  row.is_running = state.kind == RunState::Kind::kRunning;
  row.started = state.start.started;
  for (const RankRecord& rank : state.start.ranks) row.own_ranks.push_back(rank.rank);

  const RunView view = watch_->look(now_ns, row.is_running);
  row.ranks = view.ranks.size();
  row.gpu = gpus_of(view);
  if (const auto progress = progress_of(view)) {
    row.progress = run_progress_words(*progress);
    if (row.is_running) row.seconds_left = progress->run_seconds_left;
  }
  const std::vector<CommandRankView> processes = command_watch_.look(state, table, now_ns);
  std::time_t newest = 0;
  for (const CommandRankView& rank : processes) {
    row.memory_bytes += rank.use.memory_bytes;
    if (rank.cpu_percent) row.cpu_percent = row.cpu_percent.value_or(0) + *rank.cpu_percent;
    if (rank.output.written <= newest) continue;
    newest = rank.output.written;
    row.newest = rank.output.text;
  }
  if (row.is_running) row.trouble = trouble_of(view, processes);
  if (state.end) row.newest = state_words(state);
  if (state.end && state.end->root_cause) row.trouble = cause_words(*state.end->root_cause);
}

}  // namespace dplaunch
