#include "launcher/commands/status/show_status.h"

#include <fmt/core.h>
#include <poll.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <thread>
#include <utility>

#include "base/error.h"
#include "base/files/json_fields.h"
#include "base/monotonic_clock.h"
#include "base/process/process_table.h"
#include "base/text/printable.h"
#include "base/text/shell_word.h"
#include "base/text/terminal_text.h"
#include "base/text/words.h"
#include "common/record_keys.h"
#include "launcher/commands/status/metrics_csv.h"
#include "launcher/commands/status/probe.h"
#include "launcher/commands/status/status_json.h"
#include "launcher/runs/metrics_file.h"
#include "launcher/runs/run_state.h"
#include "launcher/runs/running_launcher.h"
#include "launcher/view/command_watch.h"
#include "launcher/view/footer.h"
#include "launcher/view/live_view.h"
#include "launcher/view/progress.h"
#include "launcher/view/run_watch.h"
#include "launcher/view/state_words.h"

namespace dplaunch {
namespace {

constexpr int kRedrawMs = 500;  // as the live view
constexpr int kPlainMs = 5000;  // each time adds lines that nobody erases

/// One run, looked at as often as one likes.
class StatusReport {
 public:
  explicit StatusReport(RunFolder folder)
      : folder_(std::move(folder)),
        kind_(kind_of(folder_)),
        state_(run_state(folder_)),
        watch_(folder_, state_.start.ranks, state_.start.id),
        command_watch_(folder_) {}

  bool is_running() const { return state_.kind == RunState::Kind::kRunning; }

  /// Waits, at most that long, for the end of the launcher, and looks anew.
  void wait(int max_ms) {
    const auto launcher = HeldProcess::open(state_.start.launcher_pid);
    pollfd end{launcher ? launcher->end_fd() : -1, POLLIN, 0};
    ::poll(&end, 1, max_ms);
    state_ = run_state(folder_);
  }

  std::string json() {
    const RunView view = look();
    return status_json(folder_, state_, view, look_at_command(view)) + "\n";
  }

  /// Ranks and bars fit into the size, words may be longer.
  std::vector<std::string> lines(TextStyle style, TerminalSize size) {
    const RunView view = look();
    std::vector<std::string> lines = {"run         " + printable(folder_.root().string())};
    append(lines, state_lines(state_));
    append(lines, host_lines(view));
    if (kind_ == RunKind::kCommand) {
      lines.push_back("command     " + printable(shell_words(state_.start.command)));
      append(lines, command_lines(look_at_command(view), view, std::time(nullptr), size.columns));
      return lines;
    }
    if (const std::string name = folder_.newest_checkpoint(); !name.empty()) {
      lines.push_back("checkpoint  " + printable(name));
    }
    if (const std::string epoch = last_epoch(); !epoch.empty()) {
      lines.push_back("last epoch  " + epoch);
    }
    const auto taken = static_cast<int>(lines.size()) + 3;  // the bars, and "+ N more ranks"
    const auto room = static_cast<std::size_t>(std::max(1, size.rows - taken - 1));
    append(lines, rank_lines(view, style, size.columns, room));
    if (has_status(view)) {
      append(lines, progress_lines(view, style, size.columns));
    } else {
      lines.push_back(why_no_progress());
    }
    return lines;
  }

 private:
  static void append(std::vector<std::string>& lines, const std::vector<std::string>& more) {
    lines.insert(lines.end(), more.begin(), more.end());
  }

  /// Processor time is measured between two looks; empty for a training.
  std::vector<CommandRankView> look_at_command(const RunView& view) {
    if (kind_ == RunKind::kTraining) return {};
    if (is_running() && !std::exchange(has_looked_, true)) {
      command_watch_.look(state_, processes(), monotonic_ns());
      std::this_thread::sleep_for(kMeasuredTime);
    }
    std::vector<CommandRankView> ranks = command_watch_.look(state_, processes(), monotonic_ns());
    for (std::size_t i = 0; i < ranks.size(); ++i) {
      ranks[i].gpu = view.ranks[i].gpu;
      ranks[i].host = view.ranks[i].host;
    }
    return ranks;
  }

  /// None where none is of the run: nobody looks.
  std::vector<ProcessEntry> processes() const {
    return is_running() ? list_processes() : std::vector<ProcessEntry>();
  }

  RunView look() { return watch_.look(monotonic_ns(), is_running()); }

  std::string why_no_progress() const {
    if (!watch_.board_problem().empty()) return printable(watch_.board_problem());
    return is_running() ? "no rank has reported progress yet" : "no rank has reported progress";
  }

  std::string last_epoch() const {
    const Json epoch = parse_json(last_metrics_line(folder_.metrics()));
    if (!epoch.is_object()) return {};
    std::string line = fmt::format(
        "{}: train loss {:.4f}, {:.0f} images/s, {:.1f} s", integer_in(epoch, metrics_key::kEpoch),
        number_in(epoch, metrics_key::kTrainLoss), number_in(epoch, metrics_key::kImagesPerSecond),
        number_in(epoch, metrics_key::kSeconds));
    if (!epoch.contains(metrics_key::kTestTop1)) return line;
    return line + fmt::format(", test top-1 {:.2f}%", number_in(epoch, metrics_key::kTestTop1));
  }

  RunFolder folder_;
  RunKind kind_;
  RunState state_;
  RunWatch watch_;
  CommandWatch command_watch_;
  bool has_looked_ = false;
};

TerminalSize unlimited() {
  constexpr int kHuge = 1 << 20;
  return {kHuge, kHuge};
}

/// Of a pipe, lines may be as long as they are; bars are drawn for a usual terminal.
std::string plain(StatusReport& report, int fd) {
  const bool is_terminal = can_redraw(fd);
  TerminalSize size = is_terminal ? terminal_size(fd) : TerminalSize{100, unlimited().rows};
  size.rows = unlimited().rows;  // it scrolls
  return joined(report.lines(text_style(fd), size), "\n") + "\n";
}

void watch_in_place(StatusReport& report, std::ostream& out, int fd) {
  Footer::Options options;
  options.terminal_fd = fd;
  options.interval = std::chrono::milliseconds(kRedrawMs);
  options.lines = [&report, style = text_style(fd)](TerminalSize size) {
    const int columns = std::max(1, size.columns - 1);
    std::vector<std::string> lines = report.lines(style, {columns, size.rows});
    for (std::string& line : lines) line = cut_to(line, columns);
    // What scrolls out of the terminal could not be erased any more.
    lines.resize(std::min(lines.size(), static_cast<std::size_t>(std::max(1, size.rows - 1))));
    return lines;
  };
  Footer footer(std::move(options));
  while (report.is_running() && out) {
    out << footer.show("", monotonic_ns()) << std::flush;
    report.wait(kRedrawMs);
  }
  out << footer.finish();
}

void watch_in_blocks(StatusReport& report, bool json, std::ostream& out, int fd) {
  while (report.is_running() && out) {
    out << (json ? report.json() : plain(report, fd) + "\n") << std::flush;
    report.wait(kPlainMs);
  }
}

void check_options(const StatusOptions& options) {
  const int ways =
      (options.json || options.watch ? 1 : 0) + (options.csv ? 1 : 0) + (options.probe ? 1 : 0);
  if (ways > 1) {
    throw Error(ExitCode::kUsage, options.csv ? "--csv goes with neither --json nor --watch"
                                              : "--probe goes with nothing but --stall-timeout");
  }
  if (options.stall_timeout && !options.probe) {
    throw Error(ExitCode::kUsage, "--stall-timeout is for --probe");
  }
}

}  // namespace

int show_status(const StatusOptions& options, std::ostream& out, int terminal_fd) {
  check_options(options);
  const RunFolder folder = find_run_here(options.choice);
  if (options.probe) return probe_run(folder, options.stall_timeout, out);
  if (options.csv) {
    out << metrics_csv(folder.metrics());
    return check_shown(out);
  }
  StatusReport report(folder);
  if (options.watch && !options.json && can_redraw(terminal_fd)) {
    watch_in_place(report, out, terminal_fd);
  } else if (options.watch) {
    watch_in_blocks(report, options.json, out, terminal_fd);
  }
  out << (options.json ? report.json() : plain(report, terminal_fd));
  return check_shown(out);
}

}  // namespace dplaunch
