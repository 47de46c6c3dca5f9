#include "launcher/view/state_words.h"

#include <fmt/core.h>

#include <ctime>

#include "base/process/signal_name.h"
#include "base/text/printable.h"
#include "base/text/words.h"
#include "launcher/view/progress.h"

namespace dplaunch {
namespace {

std::string since(const StartRecord& start) {
  if (start.started == 0) return {};
  const auto seconds = static_cast<double>(std::time(nullptr) - start.started);
  const std::string attempt = start.attempt > 1 ? fmt::format(", attempt {}", start.attempt) : "";
  return fmt::format(" since {} ({}){}", local_time_text(start.started), duration(seconds),
                     attempt);
}

std::string end_words(const RunState& state) {
  const EndRecord& end = *state.end;
  std::string text =
      fmt::format("{} after {}", printable(state_name(state)), duration(end.seconds));
  if (end.restarts > 0) text += ", " + counted(end.restarts, "restart");
  if (end.exit_code != 0) text += fmt::format(", exit code {}", end.exit_code);
  return text;
}

}  // namespace

std::string cause_words(const RootCauseRecord& cause) {
  const std::string device =
      cause.device.empty() ? "" : fmt::format(" ({})", printable(cause.device));
  const std::string rank = fmt::format("rank {}{}", cause.rank, device);
  if (!cause.message.empty()) {
    const std::string line = cause.message.substr(0, cause.message.find('\n'));
    return fmt::format("{}: {}", rank, printable(line, Unprintable::kLeftOut));
  }
  if (cause.signal != 0) return fmt::format("{} was killed by {}", rank, signal_name(cause.signal));
  return fmt::format("{} failed with exit code {}", rank, cause.exit_code);
}

std::string state_words(const RunState& state) {
  const StartRecord& start = state.start;
  switch (state.kind) {
    case RunState::Kind::kRunning:
      return fmt::format("running{}, launcher pid {}", since(start), start.launcher_pid);
    case RunState::Kind::kElsewhere:
      return fmt::format("started on host {}: whether it still runs can only be seen there",
                         printable(start.host));
    case RunState::Kind::kLost:
      return "not running: no launcher holds the folder's lock, and none left word of its end "
             "(killed?)";
    case RunState::Kind::kEnded:
      break;
  }
  return end_words(state);
}

std::vector<std::string> state_lines(const RunState& state) {
  std::vector<std::string> lines = {"state       " + state_words(state)};
  if (state.end && !state.end->launcher_error.empty()) {
    lines.push_back("cause       " + printable(state.end->launcher_error, Unprintable::kLeftOut));
  }
  if (!state.end || !state.end->root_cause) return lines;
  const RootCauseRecord& cause = *state.end->root_cause;
  lines.push_back("cause       " + cause_words(cause));
  if (!cause.hint.empty())
    lines.push_back("hint        " + printable(cause.hint, Unprintable::kLeftOut));
  if (!cause.log.empty()) lines.push_back("log         " + printable(cause.log));
  return lines;
}

std::vector<std::string> host_lines(const RunView& run) {
  if (run.other_hosts.empty()) return {};
  std::vector<std::string> lines = {fmt::format("hosts       {}, this is host {} ({})",
                                                run.other_hosts.size() + 1, run.own_index,
                                                run.own_host)};
  for (const HostProgress& host : run.other_hosts) {
    if (host.lost.empty()) continue;
    lines.push_back(fmt::format("lost        host {} ({}) since {}: {}", host.index, host.name,
                                local_time_text(host.lost_unix), host.lost));
  }
  return lines;
}

}  // namespace dplaunch
