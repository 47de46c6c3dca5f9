#include "launcher/process/screen.h"

#include <fmt/core.h>

#include <algorithm>
#include <iostream>
#include <utility>

#include "base/monotonic_clock.h"
#include "base/process/signals_blocked.h"

namespace dplaunch {
namespace {

// Whoever wakes up so much too late was stopped meanwhile, and a shell has written.
constexpr std::int64_t kStoppedNs = 1'000'000'000;

}  // namespace

Screen::Screen(std::ostream& out, WhenFull when_full, std::optional<Footer::Options> footer)
    : out_(out), when_full_(when_full) {
  if (footer) footer_.emplace(std::move(*footer));
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

void Screen::show(std::string_view text) {
  if (text.empty()) return;
  {
    std::unique_lock lock(mutex_);
    // Whole texts are taken while there is room: none is cut in the middle of a line.
    const auto has_room = [this] { return queue_.size() < kQueueBytes; };
    if (when_full_ == WhenFull::kWait) changed_.wait(lock, has_room);
    if (!has_room()) {
      dropped_bytes_ += text.size();
      return;
    }
    if (dropped_bytes_ > 0) {
      queue_ += fmt::format(
          "\ndplaunch: {} bytes were not shown here, because the terminal was stuck; the logs have "
          "them\n",
          dropped_bytes_);
      dropped_bytes_ = 0;
    }
    queue_ += text;
  }
  changed_.notify_all();
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

void Screen::write_queued() {
  std::string text;
  for (bool is_last = false; !is_last;) {
    bool hides = false;
    {
      std::unique_lock lock(mutex_);
      wait_for_work(lock);
      text.clear();
      text.swap(queue_);
      hides = hides_footer_;
      is_last = is_closed_;
    }
    changed_.notify_all();
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
  if (bytes.empty()) return;
  // Once nobody reads it any more (EPIPE), the stream is bad and this does nothing.
  out_.write(bytes.data(), static_cast<std::streamsize>(bytes.size())).flush();
  if (!out_) warn_once();
}

void Screen::warn_once() {
  if (std::exchange(has_warned_, true) || when_full_ == WhenFull::kWait) return;
  std::cerr
      << "dplaunch: warning: standard output cannot be written any more; the run goes on, its "
         "logs have everything\n"
      << std::flush;
}

}  // namespace dplaunch
