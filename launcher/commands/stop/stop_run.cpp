#include "launcher/commands/stop/stop_run.h"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <utility>

#include "base/error.h"
#include "base/text/shell_word.h"
#include "launcher/runs/run_state.h"
#include "launcher/view/progress.h"
#include "launcher/view/state_words.h"

namespace dplaunch {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

void send(const Launcher& launcher, int signal) {
  if (::syscall(SYS_pidfd_send_signal, launcher.pidfd.get(), signal, nullptr, 0) == 0) return;
  if (errno == ESRCH) return;  // it has ended meanwhile: as was wanted
  throw system_error(ExitCode::kFailure,
                     "cannot signal the launcher, process " + std::to_string(launcher.pid), errno,
                     errno == EPERM ? "only the user who started the run can stop it" : "");
}

bool ends_within(const Launcher& launcher, milliseconds time) {
  constexpr std::int64_t kLongestPollMs = 3'600'000;
  const auto deadline = steady_clock::now() + time;
  while (true) {
    const std::int64_t left_ms =
        std::chrono::ceil<milliseconds>(deadline - steady_clock::now()).count();
    pollfd end{launcher.pidfd.get(), POLLIN, 0};
    const int count =
        ::poll(&end, 1, static_cast<int>(std::clamp<std::int64_t>(left_ms, 0, kLongestPollMs)));
    if (count > 0) return true;
    if (count == 0 && left_ms <= 0) return false;
  }
}

/// Whether a signal that was sent still waits to be noticed by the process.
bool is_pending(pid_t pid, int signal) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (!line.starts_with("ShdPnd:")) continue;
    const unsigned long long mask = std::strtoull(line.c_str() + 7, nullptr, 16);
    return (mask >> static_cast<unsigned>(signal - 1) & 1U) != 0;
  }
  return false;
}

/// Signals that wait together are noticed in the order of their numbers: no event tells when one
/// has been.
void wait_until_noticed(const Launcher& launcher, int signal) {
  constexpr int kMostTries = 1000;
  for (int i = 0; i < kMostTries && is_pending(launcher.pid, signal); ++i) {
    if (ends_within(launcher, milliseconds(1))) return;
  }
}

Launcher launcher_to_stop(const RunFolder& folder, const RunState& state) {
  std::optional<Launcher> launcher = open_process(state.start.launcher_pid);
  std::string problem = launcher
                            ? why_not_launcher_of(folder, *launcher)
                            : "there is no process " + std::to_string(state.start.launcher_pid);
  if (problem.empty()) return std::move(*launcher);
  throw Error(ExitCode::kFailure,
              folder.root().string() + ": a launcher holds the run, but " + problem +
                  "; nothing was signalled",
              "fuser -v " + shell_word(folder.root().string()) + " lists who has the folder open");
}

void ask(const Launcher& launcher, bool now) {
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
  std::ostringstream text;
  text << static_cast<double>(time.count()) / 1000 << " s";
  return text.str();
}

std::string how_to_go_on(const RunFolder& folder) {
  const std::string checkpoint = newest_checkpoint(folder);
  if (checkpoint.empty()) return "there is no checkpoint to go on from";
  return "to go on from " + checkpoint +
         ": dplaunch --resume=" + shell_word(folder.root().string());
}

void say_what_came_of_it(const RunFolder& folder, steady_clock::duration waited,
                         std::ostream& out) {
  const RunState state = run_state(folder);
  const auto waited_ms = std::chrono::duration_cast<milliseconds>(waited);
  const bool is_finished = state.end && state.end->result == "success";
  out << "dplaunch: " << folder.root().string() << ": the launcher ended after "
      << seconds(waited_ms) << ": "
      << (state.end ? state_words(state) : "it left no word of how the run ended") << "\n";
  if (!is_finished) out << "dplaunch: " << how_to_go_on(folder) << "\n";
}

int say_not_running(const RunFolder& folder, const RunState& state, std::ostream& out) {
  out << "dplaunch: " << folder.root().string()
      << ": nothing to stop: " << (state.end ? "the run is " : "") << state_words(state) << "\n";
  return to_int(ExitCode::kSuccess);
}

}  // namespace

int stop_run(const StopOptions& options, std::ostream& out) {
  const RunFolder folder = find_run(options.choice);
  const RunState state = run_state(folder);
  if (state.kind == RunState::Kind::kElsewhere) {
    throw Error(ExitCode::kFailure, folder.root().string() + ": was " + state_words(state),
                "run dplaunch stop on " + state.start.host);
  }
  if (state.kind != RunState::Kind::kRunning) return say_not_running(folder, state, out);
  const Launcher launcher = launcher_to_stop(folder, state);
  const auto asked = steady_clock::now();
  const milliseconds timeout = options.timeout.value_or(grace_of(state) + std::chrono::seconds(10));
  out << "dplaunch: " << folder.root().string() << ": asked launcher " << launcher.pid
      << (options.now ? " to end at once; waiting for it\n"
                      : " to stop; waiting, up to " + seconds(timeout) +
                            ", for the workers to finish their step and write a checkpoint\n")
      << std::flush;
  ask(launcher, options.now);
  if (!ends_within(launcher, timeout)) {
    throw Error(ExitCode::kFailure,
                folder.root().string() + ": launcher " + std::to_string(launcher.pid) +
                    " still runs after " + seconds(timeout),
                options.now ? "dplaunch status shows what its ranks are at"
                            : "--now ends it at once, --timeout waits longer");
  }
  say_what_came_of_it(folder, steady_clock::now() - asked, out);
  return to_int(ExitCode::kSuccess);
}

}  // namespace dplaunch
