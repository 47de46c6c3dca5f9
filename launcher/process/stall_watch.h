#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>

namespace dplaunch {

/// Looks now and then whether somebody stands still. The looking itself is the caller's; this is
/// the clock for it.
class StallWatch {
 public:
  /// Looks are so frequent that a stall is told within a fifth of `timeout` after it is one. A
  /// timeout of 0 never looks.
  StallWatch(boost::asio::io_context& io, std::chrono::milliseconds timeout);

  /// `look` is called from `io` until stop().
  void start(std::function<void()> look);
  void stop();

  /// Signs of life before this moment do not tell anything: the job was suspended until then.
  void forget_silence_before(std::int64_t now_ns) { earliest_ns_ = now_ns; }
  std::int64_t earliest_ns() const { return earliest_ns_; }

 private:
  void look_later();

  boost::asio::steady_timer timer_;
  std::chrono::milliseconds period_;
  std::function<void()> look_;
  std::int64_t earliest_ns_ = 0;
};

}  // namespace dplaunch
