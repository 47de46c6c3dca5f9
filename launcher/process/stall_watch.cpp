#include "launcher/process/stall_watch.h"

#include <algorithm>

namespace dplaunch {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kShortestPeriod{50};
constexpr milliseconds kLongestPeriod{5000};

}  // namespace

StallWatch::StallWatch(boost::asio::io_context& io, milliseconds timeout)
    : timer_(io),
      period_(timeout.count() == 0 ? milliseconds{0}
                                   : std::clamp(timeout / 5, kShortestPeriod, kLongestPeriod)) {}

void StallWatch::start(std::function<void()> look) {
  look_ = std::move(look);
  if (period_.count() > 0) look_later();
}

void StallWatch::stop() {
  timer_.cancel();
  period_ = milliseconds{0};
}

void StallWatch::look_later() {
  timer_.expires_after(period_);
  timer_.async_wait([this](boost::system::error_code error) {
    if (error) return;
    look_();
    if (period_.count() > 0) look_later();
  });
}

}  // namespace dplaunch
