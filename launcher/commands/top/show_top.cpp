#include "launcher/commands/top/show_top.h"

#include <algorithm>
#include <thread>

#include "base/error.h"
#include "base/monotonic_clock.h"
#include "base/process/stop_signals.h"
#include "base/process/surroundings.h"
#include "base/text/words.h"
#include "launcher/commands/top/top_screen.h"
#include "launcher/commands/top/top_table.h"
#include "launcher/commands/top/users_runs.h"
#include "launcher/view/command_watch.h"
#include "launcher/view/footer.h"

namespace dplaunch {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLookInterval{1000};

/// Returns the signal that ended it, or 0.
int draw_until_left(std::ostream& out, int in_fd, int out_fd) {
  UsersRuns runs;
  StopSignals stop;
  KeyInput keys(in_fd);
  TopScreen screen(runs, keys.has_keys());
  Footer::Options options;
  options.terminal_fd = out_fd;
  options.interval = milliseconds(0);  // a key is answered at once
  options.lines = [&](TerminalSize size) {
    // The last column and row stay free: terminals scroll when they are written.
    return screen.lines(text_style(out_fd),
                        {std::max(1, size.columns - 1), std::max(1, size.rows - 1)});
  };
  Footer footer(std::move(options));
  std::int64_t due_ns = 0;
  while (out && !screen.is_left() && !stop.come()) {
    if (const std::int64_t now_ns = monotonic_ns(); now_ns >= due_ns) {
      runs.look(now_ns);
      due_ns = now_ns + std::chrono::nanoseconds(kLookInterval).count();
    }
    out << footer.show("", monotonic_ns(), is_in_foreground(out_fd)) << std::flush;
    const auto left_ns = std::max<std::int64_t>(0, due_ns - monotonic_ns());
    const Key key = keys.next(milliseconds(left_ns / 1'000'000 + 1));
    if (key == Key::kResumed) footer.forget();  // a shell has written meanwhile
    if (key != Key::kNone) screen.press(key);
  }
  out << footer.finish() << std::flush;
  return stop.come().value_or(0);
}

}  // namespace

int show_top(const TopOptions& options, std::ostream& out, int in_fd, int out_fd) {
  if (!has_proc()) {
    throw Error(ExitCode::kFailure, "/proc is not mounted, so nobody knows what runs");
  }
  if (!options.json && !options.once && can_redraw(out_fd)) {
    const int signal = draw_until_left(out, in_fd, out_fd);
    return signal == 0 ? check_shown(out) : 128 + signal;
  }
  UsersRuns runs;
  runs.look(monotonic_ns());
  if (!runs.rows().empty()) {
    std::this_thread::sleep_for(kMeasuredTime);
    runs.look(monotonic_ns());
  }
  constexpr int kUnlimited = 1 << 20;
  const int columns = can_redraw(out_fd) ? terminal_size(out_fd).columns : kUnlimited;
  const TopLook look{text_style(out_fd), {columns, kUnlimited}, -1};
  out << (options.json ? top_json(runs.rows()) : joined(top_lines(runs.rows(), look), "\n") + "\n");
  return check_shown(out);
}

}  // namespace dplaunch
