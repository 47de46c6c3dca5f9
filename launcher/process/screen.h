#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <ostream>
#include <string>
#include <thread>

#include "launcher/view/footer.h"

namespace dplaunch {

/// Shows text through a thread of its own, so that a terminal that is stuck (Ctrl-S, a hung
/// connection) delays neither the supervision nor, where logs keep everything, the workers. On a
/// terminal it can keep a footer below the text.
/// Thread safety: show(), hide_footer() and unhide_footer() from any thread.
class Screen {
 public:
  static constexpr std::size_t kQueueBytes = 16 << 20;
  /// hide_footer() waits no longer for a terminal that is stuck.
  static constexpr std::chrono::milliseconds kMaxHide{300};

  enum class WhenFull {
    kDrop,  ///< leave text out, and say how much
    kWait,  ///< wait: the text is nowhere else
  };

  /// `footer`, whose lines are made on the screen's thread, only if `out` leads to its terminal.
  Screen(std::ostream& out, WhenFull when_full, std::optional<Footer::Options> footer = {});
  /// Returns when everything is shown and the footer erased.
  ~Screen();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  void show(std::string_view text);

  /// Erases the footer and keeps it hidden until unhide_footer(): for the time in which a shell has
  /// the terminal, that is before this process stops itself. Does nothing without a footer.
  void hide_footer();
  void unhide_footer();

 private:
  void write_queued();
  void wait_for_work(std::unique_lock<std::mutex>& lock);
  void write(const std::string& bytes);
  void warn_once();

  std::ostream& out_;
  const WhenFull when_full_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string queue_;
  std::size_t dropped_bytes_ = 0;
  bool is_closed_ = false;
  bool hides_footer_ = false;       // asked for
  bool has_hidden_footer_ = false;  // done
  std::optional<Footer> footer_;    // the writer's own, like what follows
  bool has_warned_ = false;
  std::thread writer_;  // last: it uses the others
};

}  // namespace dplaunch
