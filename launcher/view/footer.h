#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "launcher/view/terminal.h"

namespace dplaunch {

/// Lines that stay at the bottom of a terminal while text scrolls above them. It makes the bytes
/// for the terminal and writes nothing itself. For one thread.
class Footer {
 public:
  struct Options {
    /// The lines, none wider than the terminal. Called at most once an `interval`, and when the
    /// size has changed. Must not throw.
    std::function<std::vector<std::string>(TerminalSize)> lines;
    int terminal_fd = 1;
    std::chrono::milliseconds interval{500};
  };

  explicit Footer(Options options) : options_(std::move(options)) {}

  /// The bytes that show `text` above the footer; with an empty text, those that renew the footer
  /// where it has changed. What comes after the last end of line is held back until its line is
  /// whole; until then its latest words are the footer's first line. Without a footer nothing is
  /// held back. While it is not `is_visible` the footer is hidden, as it is while this process is
  /// in the background of its terminal.
  std::string show(std::string_view text, std::int64_t now_ns, bool is_visible = true);

  /// When show() should be called next, even without text.
  std::int64_t due_ns() const { return due_ns_; }

  /// Somebody else has written to the terminal (a shell, while this process was stopped): what was
  /// drawn stays where it is, and the footer is drawn anew below.
  void forget() { drawn_.clear(); }

  /// Erases the footer and shows what was held back.
  std::string finish();

 private:
  std::string take_whole_lines(std::string_view text);
  void prune_held();
  void renew(TerminalSize size, std::int64_t now_ns);
  std::string erased(TerminalSize size) const;

  Options options_;
  std::string held_;                ///< the line that has no end yet
  bool is_within_line_ = false;     ///< the terminal has the beginning of a line
  std::vector<std::string> lines_;  ///< as they were made last
  TerminalSize made_for_;
  std::vector<std::string> drawn_;  ///< as they stand on the terminal
  TerminalSize drawn_size_;
  std::int64_t due_ns_ = 0;
};

}  // namespace dplaunch
