#include "worker/distributed/peer_watch.h"

#include <utility>

#include "base/error.h"
#include "base/process/signals_blocked.h"

namespace dplaunch {
namespace {

constexpr std::chrono::milliseconds kInterval{100};

}  // namespace

PeerWatch::PeerWatch(Check lost_peer, std::chrono::milliseconds time_to_record)
    : lost_peer_(std::move(lost_peer)), time_to_record_(time_to_record) {
  const SignalsBlocked blocked;  // signals are the main thread's
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void PeerWatch::run(const std::stop_token& stop) {
  while (pause(stop, kInterval)) {
    const std::optional<std::string> lost = lost_peer_();
    if (!lost) continue;
    if (!pause(stop, time_to_record_)) return;
    throw Error(ExitCode::kRendezvous, "lost the connection to another rank: " + *lost,
                "that rank's log says why it ended, or where it hangs");
  }
}

bool PeerWatch::pause(const std::stop_token& stop, std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  never_notified_.wait_for(lock, stop, time, [] { return false; });
  return !stop.stop_requested();
}

}  // namespace dplaunch
