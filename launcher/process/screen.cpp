#include "launcher/process/screen.h"

#include <iostream>
#include <utility>

#include "launcher/process/signal_scope.h"

namespace dplaunch {

Screen::Screen(std::ostream& out, WhenFull when_full) : out_(out), when_full_(when_full) {
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
    const auto has_room = [this] { return queue_.size() < kQueueBytes; };
    if (when_full_ == WhenFull::kWait) changed_.wait(lock, has_room);
    if (!has_room()) {
      dropped_bytes_ += text.size();
      return;
    }
    if (dropped_bytes_ > 0) {
      queue_ +=
          "\ndplaunch: " + std::to_string(dropped_bytes_) +
          " bytes were not shown here, because the terminal stood still; the logs have them\n";
      dropped_bytes_ = 0;
    }
    queue_ += text;
  }
  changed_.notify_all();
}

void Screen::write_queued() {
  std::string text;
  while (true) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return is_closed_ || !queue_.empty(); });
      if (queue_.empty()) return;
      text.clear();
      text.swap(queue_);
    }
    changed_.notify_all();
    // Once nobody reads it any more (EPIPE), the stream is bad and this does nothing.
    out_.write(text.data(), static_cast<std::streamsize>(text.size())).flush();
    if (!out_) warn_once();
  }
}

void Screen::warn_once() {
  if (std::exchange(has_warned_, true) || when_full_ == WhenFull::kWait) return;
  std::cerr
      << "dplaunch: warning: standard output cannot be written any more; the run goes on, its "
         "logs have everything\n"
      << std::flush;
}

}  // namespace dplaunch
