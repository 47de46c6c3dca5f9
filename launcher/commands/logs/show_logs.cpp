#include "launcher/commands/logs/show_logs.h"

#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/files/folder_watch.h"
#include "base/text/printable.h"
#include "base/text/shell_word.h"
#include "base/text/terminal_text.h"
#include "launcher/commands/logs/log_tail.h"
#include "launcher/runs/run_state.h"
#include "launcher/runs/running_launcher.h"
#include "launcher/view/state_words.h"

namespace dplaunch {
namespace {

/// One rank's log on its way to the screen.
class ShownLog {
 public:
  ShownLog(std::filesystem::path path, std::string prefix)
      : tail_(std::move(path)), prefix_(std::move(prefix)) {}

  void open_at_last(std::optional<std::int64_t> lines) { tail_.open_at_last(lines); }
  bool is_open() const { return tail_.is_open(); }

  void show_news(std::ostream& out, std::ostream& notes) {
    const LogTail::News news =
        tail_.read_on([this, &out](std::string_view bytes) { take(bytes, out); });
    if (prefix_.empty()) show_partial(out);
    out.flush();
    if (news == LogTail::News::kNone) return;
    notes << fmt::format("dplaunch: {} {}\n", printable(tail_.path().string()),
                         news == LogTail::News::kTruncated
                             ? "was cut off; showing it from its beginning"
                             : "was replaced by a new file")
          << std::flush;
  }

  /// A last line without an end; that of a single rank is shown already.
  void finish(std::ostream& out) {
    if (partial_.empty() || prefix_.empty()) return;
    out << prefix_ << newest_state(partial_) << "\n" << std::flush;
    partial_.clear();
  }

 private:
  void take(std::string_view bytes, std::ostream& out) {
    constexpr std::size_t kMaxLineBytes = 1 << 20;
    for (std::size_t end = 0; (end = bytes.find('\n')) != std::string_view::npos;) {
      partial_.append(bytes.substr(0, end));
      show_whole(out);
      bytes.remove_prefix(end + 1);
    }
    partial_.append(bytes);
    if (partial_.size() > kMaxLineBytes) show_whole(out);
  }

  /// Of a progress bar, all of whose states are one line of the log, the newest.
  void show_whole(std::ostream& out) {
    // A line end of two bytes.
    const bool has_return = !partial_.empty() && partial_.find('\r') == partial_.size() - 1;
    if (prefix_.empty()) {
      show_partial(out);
    } else {
      out << prefix_ << newest_state(partial_);
    }
    out << (has_return ? "\r\n" : "\n");
    partial_.clear();
    shown_.clear();
  }

  /// What is new of the line without an end, a bar's new state over the old one.
  void show_partial(std::ostream& out) {
    const std::string_view newest = newest_state(partial_);
    if (newest.starts_with(shown_)) {
      out << newest.substr(shown_.size());
    } else {
      out << '\r' << newest;
      if (newest.size() < shown_.size()) out << std::string(shown_.size() - newest.size(), ' ');
    }
    shown_ = newest;
  }

  LogTail tail_;
  std::string prefix_;
  std::string partial_;
  std::string shown_;  ///< of the partial line
};

using ShownLogs = std::vector<std::unique_ptr<ShownLog>>;

std::string rank_names(const std::vector<RankRecord>& ranks) {
  if (ranks.empty()) return "the run has no ranks here";
  if (ranks.size() == 1) return fmt::format("the run has rank {} only", ranks.front().rank);
  return fmt::format("the run has the ranks {} to {}; --rank all shows all of them",
                     ranks.front().rank, ranks.back().rank);
}

ShownLogs chosen_logs(const RunFolder& folder, const StartRecord& start,
                      std::optional<int> wanted) {
  ShownLogs logs;
  for (const RankRecord& rank : start.ranks) {
    if (wanted && rank.rank != *wanted) continue;
    logs.push_back(std::make_unique<ShownLog>(folder.log(rank.rank),
                                              wanted ? "" : fmt::format("[{}] ", rank.rank)));
  }
  if (!logs.empty()) return logs;
  throw Error(ExitCode::kFailure,
              fmt::format("{}: there is no rank {}", folder.root().string(), wanted.value_or(0)),
              rank_names(start.ranks));
}

/// Of a run that another rank ended, where to look.
void point_to_root_cause(const LogsOptions& options, const RunFolder& folder, const RunState& state,
                         std::ostream& notes) {
  if (options.is_rank_given || !state.end || !state.end->root_cause) return;
  const RootCauseRecord& cause = *state.end->root_cause;
  if (cause.rank == options.rank) return;
  notes << fmt::format("dplaunch: {}; its log: dplaunch logs --rank {} {}\n", cause_words(cause),
                       cause.rank, shell_word(folder.root().string()));
}

void show_news(const ShownLogs& logs, std::ostream& out, std::ostream& notes) {
  for (const auto& log : logs) log->show_news(out, notes);
}

void follow(const ShownLogs& logs, const FolderWatch& watch, const HeldProcess& launcher,
            std::ostream& out, std::ostream& notes) {
  while (watch.wait_for_change(launcher.end_fd()) && out) show_news(logs, out, notes);
  show_news(logs, out, notes);  // the last words
}

void check_can_follow(const RunFolder& folder, const RunState& state) {
  if (state.kind != RunState::Kind::kElsewhere) return;
  throw Error(ExitCode::kFailure,
              fmt::format("{}: was {}", folder.root().string(), state_words(state)),
              "follow it there, or leave -f out");
}

}  // namespace

int show_logs(const LogsOptions& options, std::ostream& out, std::ostream& notes) {
  const RunFolder folder = find_run_here(options.choice);
  std::optional<FolderWatch> watch;  // from before the first look: nothing is missed between
  if (options.follow) watch.emplace(folder.root());
  const RunState state = run_state(folder);
  if (options.follow) check_can_follow(folder, state);
  const bool is_running = state.kind == RunState::Kind::kRunning;
  const ShownLogs logs = chosen_logs(folder, state.start, options.rank);
  for (const auto& log : logs) log->open_at_last(options.lines);
  const bool has_any =
      std::any_of(logs.begin(), logs.end(), [](const auto& log) { return log->is_open(); });
  if (!has_any && !(options.follow && is_running)) {
    notes << fmt::format("dplaunch: {}: has no log yet\n", printable(folder.root().string()));
  }
  show_news(logs, out, notes);
  if (options.follow && is_running) {
    if (const auto launcher = HeldProcess::open(state.start.launcher_pid)) {
      follow(logs, *watch, *launcher, out, notes);
    }
  }
  const RunState last_state = options.follow && is_running ? run_state(folder) : state;
  if (options.follow) {
    notes << fmt::format("dplaunch: {}: {}\n", printable(folder.root().string()),
                         state_words(last_state));
  }
  for (const auto& log : logs) log->finish(out);
  point_to_root_cause(options, folder, last_state, notes);
  return check_shown(out);
}

}  // namespace dplaunch
