#include "launcher/view/state_words.h"

#include <string.h>

#include <ctime>

#include "base/process/signal_name.h"
#include "base/text/printable.h"
#include "base/text/terminal_text.h"
#include "launcher/view/progress.h"

namespace dplaunch {
namespace {

std::string local_time(std::time_t time) {
  std::tm fields{};
  ::localtime_r(&time, &fields);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &fields);
  return text;
}

std::string since(const StartRecord& start) {
  if (start.started == 0) return {};
  const auto seconds = static_cast<double>(std::time(nullptr) - start.started);
  return " since " + local_time(start.started) + " (" + duration(seconds) + ")";
}

std::string cause_words(const RootCauseRecord& cause) {
  std::string text = "rank " + std::to_string(cause.rank);
  if (!cause.device.empty()) text += " (" + cause.device + ")";
  if (!cause.message.empty()) {
    return text + ": " +
           printable(cause.message.substr(0, cause.message.find('\n')), Unprintable::kLeftOut);
  }
  if (cause.signal != 0) {
    return text + " was killed by " + signal_name(cause.signal);
  }
  return text + " failed with exit code " + std::to_string(cause.exit_code);
}

std::string end_words(const RunState& state) {
  const EndRecord& end = *state.end;
  std::string text = state_name(state) + " after " + duration(end.seconds);
  if (end.restarts > 0) {
    text += end.restarts == 1 ? ", 1 restart" : ", " + std::to_string(end.restarts) + " restarts";
  }
  if (end.exit_code != 0) text += ", exit code " + std::to_string(end.exit_code);
  return text;
}

}  // namespace

std::string state_words(const RunState& state) {
  const StartRecord& start = state.start;
  switch (state.kind) {
    case RunState::Kind::kRunning:
      return "running" + since(start) + ", launcher pid " + std::to_string(start.launcher_pid);
    case RunState::Kind::kElsewhere:
      return "started on host " + start.host + ": whether it still runs can only be seen there";
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
  if (!state.end || !state.end->root_cause) return lines;
  const RootCauseRecord& cause = *state.end->root_cause;
  lines.push_back("cause       " + cause_words(cause));
  if (!cause.hint.empty())
    lines.push_back("hint        " + printable(cause.hint, Unprintable::kLeftOut));
  if (!cause.log.empty()) lines.push_back("log         " + cause.log);
  return lines;
}

}  // namespace dplaunch
