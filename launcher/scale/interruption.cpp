#include "launcher/scale/interruption.h"

#include <csignal>
#include <optional>

namespace dplaunch {

void refuse_to_go_on(ExitCode how_ended) {
  const std::string hint = "the same command goes on where it stopped";
  if (how_ended == ExitCode::kInterrupted) throw Error(how_ended, "interrupted", hint);
  if (how_ended == ExitCode::kTerminated) throw Error(how_ended, "terminated", hint);
}

void refuse_to_go_on(StopSignals& stop) {
  const std::optional<int> signal = stop.come();
  if (!signal) return;
  refuse_to_go_on(*signal == SIGINT ? ExitCode::kInterrupted : ExitCode::kTerminated);
}

}  // namespace dplaunch
