#include "launcher/commands/stop/stop_run.h"

#include <fmt/core.h>
#include <poll.h>
#include <signal.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/process/process_table.h"
#include "base/text/printable.h"
#include "base/text/shell_word.h"
#include "launcher/runs/hosts_file.h"
#include "launcher/runs/run_state.h"
#include "launcher/runs/running_launcher.h"
#include "launcher/view/progress.h"
#include "launcher/view/state_words.h"

namespace dplaunch {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

void send(const HeldProcess& launcher, int signal) {
  const int problem = launcher.signal(signal);
  if (problem == 0 || problem == ESRCH) return;  // it has ended meanwhile: as was wanted
  throw system_error(ExitCode::kFailure,
                     fmt::format("cannot signal the launcher, process {}", launcher.pid()), problem,
                     problem == EPERM ? "only the user who started the run can stop it" : "");
}

/// Whether it has ended when the time is over.
bool wait_for_end(const HeldProcess& launcher, milliseconds time) {
  constexpr std::int64_t kMaxPollMs = 3'600'000;  // poll() takes an int
  const auto deadline = steady_clock::now() + time;
  while (true) {
    const std::int64_t left_ms =
        std::chrono::ceil<milliseconds>(deadline - steady_clock::now()).count();
    pollfd end{launcher.end_fd(), POLLIN, 0};
    const int count =
        ::poll(&end, 1, static_cast<int>(std::clamp<std::int64_t>(left_ms, 0, kMaxPollMs)));
    if (count > 0) return true;
    if (count == 0 && left_ms <= 0) return false;
  }
}

/// Of signals that wait together the lowest number comes first: SIGINT would be the first request,
/// and SIGTERM ask for nothing more. The kernel reports by no event that a process has taken a
/// signal: it is asked again and again.
void wait_until_noticed(const HeldProcess& launcher, int signal) {
  constexpr int kMaxTries = 1000;
  for (int i = 0; i < kMaxTries && is_in_signal_set(launcher.pid(), "ShdPnd", signal); ++i) {
    if (wait_for_end(launcher, milliseconds(1))) return;
  }
}

HeldProcess launcher_to_stop(const RunFolder& folder, const RunState& state) {
  std::optional<HeldProcess> launcher = HeldProcess::open(state.start.launcher_pid);
  std::string problem = launcher ? why_not_launcher_of(folder, *launcher)
                                 : fmt::format("there is no process {}", state.start.launcher_pid);
  if (problem.empty()) return std::move(*launcher);
  throw Error(
      ExitCode::kFailure,
      fmt::format("{}: a launcher holds the run, but {}; nothing was signalled",
                  folder.root().string(), problem),
      fmt::format("fuser -v {} lists who has the folder open", shell_word(folder.root().string())));
}

void ask(const HeldProcess& launcher, bool now) {
  send(launcher, SIGTERM);
  send(launcher, SIGCONT);  // one that was suspended could not obey
  if (!now) return;
  wait_until_noticed(launcher, SIGTERM);
  send(launcher, SIGINT);
}

milliseconds grace_of(const RunState& state) {
  return milliseconds(std::clamp<std::int64_t>(state.start.grace_ms, 0, 86'400'000));
}

std::string seconds(milliseconds time) {
  return fmt::format("{:g} s", static_cast<double>(time.count()) / 1000);
}

std::string how_to_go_on(const RunFolder& folder, const std::string& start_id) {
  if (kind_of(folder) == RunKind::kCommand) {
    return fmt::format(
        "to start it again in the same folder: the same command line with "
        "--resume={} before its --",
        shell_word(folder.root().string()));
  }
  const auto hosts = read_hosts(folder, start_id);
  if (hosts && hosts->own_index > 0) {
    return "to go on: the same command line on each host, with --resume; host 0 has the "
           "checkpoints";
  }
  const std::string checkpoint = folder.newest_checkpoint();
  if (checkpoint.empty()) return "there is no checkpoint to go on from";
  return fmt::format("to go on from {}: dplaunch --resume={}", printable(checkpoint),
                     shell_word(folder.root().string()));
}

void say_what_came_of_it(const RunFolder& folder, steady_clock::duration waited,
                         std::ostream& out) {
  const RunState state = run_state(folder);
  const auto waited_ms = std::chrono::duration_cast<milliseconds>(waited);
  const bool is_finished = state.end && state.end->result == "success";
  out << fmt::format("dplaunch: {}: the launcher ended after {}: {}\n",
                     printable(folder.root().string()), seconds(waited_ms),
                     state.end ? state_words(state) : "it left no word of how the run ended");
  if (!is_finished) out << fmt::format("dplaunch: {}\n", how_to_go_on(folder, state.start.id));
}

int say_not_running(const RunFolder& folder, const RunState& state, std::ostream& out) {
  out << fmt::format("dplaunch: {}: nothing to stop: {}{}\n", printable(folder.root().string()),
                     state.end ? "the run is " : "", state_words(state));
  return to_int(ExitCode::kSuccess);
}

}  // namespace

void ask_to_stop(const RunFolder& folder, bool now) {
  ask(launcher_to_stop(folder, run_state(folder)), now);
}

int stop_run(const StopOptions& options, std::ostream& out) {
  const RunFolder folder = find_run_here(options.choice);
  const RunState state = run_state(folder);
  if (state.kind == RunState::Kind::kElsewhere) {
    throw Error(ExitCode::kFailure,
                fmt::format("{}: was {}", folder.root().string(), state_words(state)),
                "run dplaunch stop on " + state.start.host);
  }
  if (state.kind != RunState::Kind::kRunning) return say_not_running(folder, state, out);
  const HeldProcess launcher = launcher_to_stop(folder, state);
  const auto asked = steady_clock::now();
  const milliseconds timeout = options.timeout.value_or(grace_of(state) + std::chrono::seconds(10));
  const char* awaited = kind_of(folder) == RunKind::kCommand
                            ? "its processes to end"
                            : "the workers to finish their step and write a checkpoint";
  const std::string what =
      options.now ? "to end at once; waiting for it"
                  : fmt::format("to stop; waiting, up to {}, for {}", seconds(timeout), awaited);
  out << fmt::format("dplaunch: {}: asked launcher {} {}\n", printable(folder.root().string()),
                     launcher.pid(), what)
      << std::flush;
  ask(launcher, options.now);
  if (!wait_for_end(launcher, timeout)) {
    throw Error(ExitCode::kFailure,
                fmt::format("{}: launcher {} still runs after {}", folder.root().string(),
                            launcher.pid(), seconds(timeout)),
                options.now ? "dplaunch status shows what its ranks are at"
                            : "--now ends it at once, --timeout waits longer");
  }
  say_what_came_of_it(folder, steady_clock::now() - asked, out);
  return to_int(ExitCode::kSuccess);
}

}  // namespace dplaunch
