#pragma once

#include <condition_variable>
#include <mutex>
#include <ostream>
#include <string>
#include <thread>

namespace dplaunch {

/// Shows text through a thread of its own, so that a terminal that stands still (Ctrl-S, a hung
/// connection) delays neither the supervision nor, where logs keep everything, the workers.
class Screen {
 public:
  static constexpr std::size_t kQueueBytes = 16 << 20;

  enum class WhenFull {
    kDrop,  ///< leave text out, and say how much
    kWait,  ///< wait: the text is nowhere else
  };

  Screen(std::ostream& out, WhenFull when_full);
  /// Returns when everything is shown.
  ~Screen();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  void show(std::string_view text);

 private:
  void write_queued();
  void warn_once();

  std::ostream& out_;
  const WhenFull when_full_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string queue_;
  std::size_t dropped_bytes_ = 0;
  bool is_closed_ = false;
  bool has_warned_ = false;  // the writer's own
  std::thread writer_;       // last: it uses the others
};

}  // namespace dplaunch
