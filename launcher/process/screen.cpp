#include "launcher/process/screen.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/monotonic_clock.h"
#include "base/process/signals_blocked.h"
#include "base/text/printable.h"
#include "base/text/terminal_text.h"
#include "base/text/words.h"
#include "launcher/view/terminal.h"

namespace dplaunch {
namespace {

// Whoever wakes up so much too late was stopped meanwhile, and a shell has written.
constexpr std::int64_t kStoppedNs = 1'000'000'000;
constexpr std::chrono::milliseconds kBarInterval{200};

}  // namespace

Screen::Screen(std::ostream& out, Options options)
    : sink_(out),
      options_(std::move(options)),
      may_drop_(options_.has_logs && sink_.is_terminal()),
      has_bars_(options_.shows_bars && !options_.footer && can_redraw(sink_.fd())),
      queue_limit_bytes_(may_drop_ ? kWideQueueBytes : kQueueBytes) {
  if (options_.footer) footer_.emplace(*options_.footer);
  if (has_bars_) {
    footer_.emplace(Footer::Options{[this](TerminalSize size) { return bar_lines(size); },
                                    sink_.fd(), kBarInterval});
  }
  const SignalsBlocked blocked;  // the new thread inherits it: signals are the main thread's
  writer_ = std::thread([this] { write_queued(); });
}

Screen::~Screen() {
  {
    const std::lock_guard lock(mutex_);
    is_closed_ = true;
  }
  changed_.notify_all();
  writer_.join();
}

bool Screen::is_roomy() const {
  return may_drop_ || is_given_up_ || queue_.size() < queue_limit_bytes_;
}

bool Screen::has_room() {
  const std::lock_guard lock(mutex_);
  is_room_wanted_ = !is_roomy();
  return !is_room_wanted_;
}

void Screen::show(std::string_view text, const void* writer) {
  if (text.empty()) return;
  {
    const std::lock_guard lock(mutex_);
    if (is_given_up_) return;
    // Whole texts are taken while there is room: none is cut in the middle of a line.
    if (may_drop_ && queue_.size() >= queue_limit_bytes_) {
      dropped_bytes_ += text.size();
      return;
    }
    if (open_line_of_ != nullptr && open_line_of_ != writer) queue_ += '\n';
    const bool is_whole = text.back() == '\n' || text.back() == '\r';
    open_line_of_ = is_whole ? nullptr : writer;
    queue_ += text;
  }
  changed_.notify_all();
}

bool Screen::has_open_line_of(const void* writer) {
  const std::lock_guard lock(mutex_);
  return open_line_of_ == writer;
}

void Screen::set_bar(int slot, std::string line) {
  const std::lock_guard lock(mutex_);
  // The footer comes anew by itself: nobody is woken.
  if (line.empty()) {
    bars_.erase(slot);
  } else {
    bars_[slot] = std::move(line);
  }
}

std::vector<std::string> Screen::bar_lines(TerminalSize size) {
  const std::lock_guard lock(mutex_);
  const auto max_lines = static_cast<std::size_t>(std::max(1, size.rows / 2));
  std::vector<std::string> lines;
  for (const auto& [slot, line] : bars_) {
    if (lines.size() == max_lines) break;
    lines.push_back(cut_to(printable(line, Unprintable::kLeftOut), size.columns - 1));
  }
  return lines;
}

void Screen::widen() {
  {
    const std::lock_guard lock(mutex_);
    queue_limit_bytes_ = kWideQueueBytes;
    is_room_wanted_ = false;
  }
  options_.on_room();
}

void Screen::hide_footer() {
  std::unique_lock lock(mutex_);
  if (!footer_) return;
  hides_footer_ = true;
  changed_.notify_all();
  changed_.wait_for(lock, kMaxHide, [this] { return has_hidden_footer_; });
}

void Screen::unhide_footer() {
  {
    const std::lock_guard lock(mutex_);
    hides_footer_ = false;
  }
  changed_.notify_all();
}

/// With the lock held.
std::string Screen::take_queue(bool is_last) {
  std::string text;
  text.swap(queue_);
  if (dropped_bytes_ > 0 && (is_last || !text.empty())) {
    text += fmt::format(
        "\ndplaunch: {} bytes were not shown here, because the terminal was stuck; the logs have "
        "them\n",
        std::exchange(dropped_bytes_, 0));
    open_line_of_ = nullptr;
  }
  return text;
}

void Screen::write_queued() {
  for (bool is_last = false; !is_last;) {
    std::string text;
    bool hides = false;
    bool has_news_of_room = false;
    {
      std::unique_lock lock(mutex_);
      wait_for_work(lock);
      is_last = is_closed_;
      text = take_queue(is_last);
      hides = hides_footer_;
      has_news_of_room = std::exchange(is_room_wanted_, false);
    }
    changed_.notify_all();
    if (has_news_of_room) options_.on_room();
    if (footer_) text = footer_->show(text, monotonic_ns(), !hides);
    if (footer_ && is_last) text += footer_->finish();
    write(text);
    if (!footer_) continue;
    {
      const std::lock_guard lock(mutex_);
      has_hidden_footer_ = hides;
    }
    changed_.notify_all();
  }
}

void Screen::wait_for_work(std::unique_lock<std::mutex>& lock) {
  const auto has_work = [this] {
    return is_closed_ || !queue_.empty() || hides_footer_ != has_hidden_footer_;
  };
  if (!footer_ || hides_footer_) return changed_.wait(lock, has_work);
  const std::int64_t wait_ns = std::max<std::int64_t>(0, footer_->due_ns() - monotonic_ns());
  const std::int64_t due_ns = monotonic_ns() + wait_ns;
  changed_.wait_for(lock, std::chrono::nanoseconds(wait_ns), has_work);
  if (monotonic_ns() > due_ns + kStoppedNs) footer_->forget();
}

void Screen::write(const std::string& bytes) {
  if (bytes.empty() || is_given_up_) return;
  const std::size_t written = sink_.write(bytes);
  if (written < bytes.size()) give_up(bytes.size() - written);
}

/// Nobody reads any more (EPIPE), the disk is full, or the patience is at its end.
void Screen::give_up(std::size_t lost_bytes) {
  {
    const std::lock_guard lock(mutex_);
    lost_bytes += queue_.size();
    queue_.clear();
    is_given_up_ = true;
  }
  options_.on_room();
  say_if_possible(fmt::format(
      "dplaunch: warning: {} cannot be written any more: {} and what follows are not shown; {}\n",
      sink_.name(), counted(static_cast<std::int64_t>(lost_bytes), "byte"),
      options_.has_logs ? "the logs have everything" : "there are no logs: they are lost"));
}

}  // namespace dplaunch
