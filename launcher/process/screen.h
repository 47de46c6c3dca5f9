#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "launcher/process/text_sink.h"
#include "launcher/view/footer.h"

namespace dplaunch {

/// Shows text through a thread of its own, so that a reader that is slow or stands still never
/// delays the supervision. A pipe or a file gets all of it: whoever makes the text asks first
/// whether there is room. Only where a terminal is stuck (Ctrl-S, a hung connection) and logs have
/// the text, some is left out, and that is said. On a terminal it can keep a footer below the text.
/// Thread safety: all but the constructor and the destructor, from any thread.
class Screen {
 public:
  /// As much waits for a reader; that much on a terminal, and for ranks that are to end.
  static constexpr std::size_t kQueueBytes = 1 << 20;
  static constexpr std::size_t kWideQueueBytes = 16 << 20;
  /// hide_footer() waits no longer for a terminal that is stuck.
  static constexpr std::chrono::milliseconds kMaxHide{300};

  struct Options {
    bool has_logs = false;  ///< the text is in logs too
    /// Its lines are made on the screen's thread.
    std::optional<Footer::Options> footer;
    /// Without a footer: set_bar() makes one, if this is a terminal.
    bool shows_bars = false;
    /// There is room again after has_room() said no. Called from the screen's thread.
    std::function<void()> on_room = [] {};
  };

  Screen(std::ostream& out, Options options);
  /// Returns when everything is shown and the footer erased.
  ~Screen();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  /// Whether more should be shown now. If not, `on_room` is called once when it should.
  bool has_room();

  /// Shows it, or keeps it until the reader takes it. A line that another `writer` has not ended is
  /// ended first.
  void show(std::string_view text, const void* writer = nullptr);
  /// Whether what was shown last is of that writer and within a line.
  bool has_open_line_of(const void* writer);

  /// Whether set_bar() shows anything.
  bool has_bars() const { return has_bars_; }
  /// A line below the text, in the order of `slot`; empty: none.
  void set_bar(int slot, std::string line);

  /// The ranks are to end: what they say meanwhile has more room.
  void widen();
  /// From now on a reader that takes nothing for so long is given up; what that loses is said.
  void limit_patience(std::chrono::milliseconds time) { sink_.limit_patience(time); }

  /// Erases the footer and keeps it hidden until unhide_footer(): for the time in which a shell has
  /// the terminal, that is before this process stops itself. Does nothing without a footer.
  void hide_footer();
  void unhide_footer();

 private:
  std::vector<std::string> bar_lines(TerminalSize size);
  bool is_roomy() const;
  std::string take_queue(bool is_last);
  void write_queued();
  void wait_for_work(std::unique_lock<std::mutex>& lock);
  void write(const std::string& bytes);
  void give_up(std::size_t lost_bytes);

  TextSink sink_;
  const Options options_;
  const bool may_drop_;
  const bool has_bars_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string queue_;
  std::size_t queue_limit_bytes_;
  bool is_room_wanted_ = false;
  const void* open_line_of_ = nullptr;
  std::map<int, std::string> bars_;
  std::size_t dropped_bytes_ = 0;
  bool is_given_up_ = false;  // nothing can be shown any more
  bool is_closed_ = false;
  bool hides_footer_ = false;       // asked for
  bool has_hidden_footer_ = false;  // done
  std::optional<Footer> footer_;    // the writer's own
  std::thread writer_;              // last: it uses the others
};

}  // namespace dplaunch
