#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

namespace dplaunch {

/// Asks on a thread of its own whether a peer is lost, for a backend that notices it while this
/// process waits for its device, which may be for ever. Then that thread throws an
/// Error(kRendezvous) that nobody catches: the process ends as report_uncaught_exceptions() says.
class PeerWatch {
 public:
  /// What happened, nullopt as long as nothing has. Called on the other thread.
  using Check = std::function<std::optional<std::string>()>;

  /// How long the backend has, once a peer is lost, to write what it records of it.
  static constexpr std::chrono::milliseconds kTimeToRecord{1500};

  explicit PeerWatch(Check lost_peer, std::chrono::milliseconds time_to_record = kTimeToRecord);
  /// Ends the watch: nothing is thrown any more.
  ~PeerWatch() = default;
  PeerWatch(const PeerWatch&) = delete;
  PeerWatch& operator=(const PeerWatch&) = delete;

 private:
  void run(const std::stop_token& stop);
  /// Whether the watch has not been ended meanwhile.
  bool pause(const std::stop_token& stop, std::chrono::milliseconds time);

  Check lost_peer_;
  std::chrono::milliseconds time_to_record_;
  std::mutex mutex_;
  std::condition_variable_any never_notified_;
  std::jthread thread_;  ///< last: it uses the others
};

}  // namespace dplaunch
