#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "launcher/report/stalled_rank.h"

namespace dplaunch {

/// Looks now and then whether a rank hangs, and reports it once, until the rank shows a new sign of
/// life.
class StallWatch {
 public:
  enum class SignsOf {
    kProgress,  ///< ranks that report their steps: the one that is furthest behind is to blame
    kOutput,    ///< a command's output, the only sign that it gives
  };
  /// The ranks that still run; `local_rank` of the one that hangs, and where, for the user.
  using Signs = std::function<std::vector<RankSign>()>;
  using OnStall = std::function<void(std::size_t local_rank, const std::string& where)>;

  /// Looks so often that a stall is reported within a fifth of `timeout` after it is one. A timeout
  /// of 0 never looks.
  StallWatch(boost::asio::io_context& io, SignsOf kind, std::chrono::milliseconds timeout);

  /// Both are called from `io` until stop().
  void start(Signs signs, OnStall on_stall);
  void stop();

  /// Signs of life before this moment mean nothing: the job was suspended until then.
  void forget_silence_before(std::int64_t now_ns) { earliest_ns_ = now_ns; }

 private:
  void look_later();
  void look();

  boost::asio::steady_timer timer_;
  SignsOf kind_;
  std::chrono::milliseconds timeout_;
  bool is_stopped_ = false;
  Signs signs_;
  OnStall on_stall_;
  std::int64_t earliest_ns_ = 0;
  std::int64_t reported_ns_ = -1;  ///< last sign of life of the rank that was reported
};

}  // namespace dplaunch
