#include "launcher/process/stall_watch.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/monotonic_clock.h"

namespace dplaunch {
namespace {

using std::chrono::milliseconds;

// A look reads the status board and, for each rank, /proc: often enough to be in time for a timeout
// of a second, seldom enough to cost nothing.
constexpr milliseconds kMinPeriod{50};
constexpr milliseconds kMaxPeriod{5000};

}  // namespace

StallWatch::StallWatch(boost::asio::io_context& io, SignsOf kind, milliseconds timeout)
    : timer_(io), kind_(kind), timeout_(timeout) {}

void StallWatch::start(Signs signs, OnStall on_stall) {
  signs_ = std::move(signs);
  on_stall_ = std::move(on_stall);
  look_later();
}

void StallWatch::stop() {
  is_stopped_ = true;
  timer_.cancel();
}

void StallWatch::look_later() {
  if (timeout_.count() == 0 || is_stopped_) return;
  timer_.expires_after(std::clamp(timeout_ / 5, kMinPeriod, kMaxPeriod));
  timer_.async_wait([this](boost::system::error_code error) {
    if (error) return;
    // A launcher that was held up itself (a batch system suspends the whole job with SIGSTOP) wakes
    // here before it receives SIGCONT.
    const auto late = std::chrono::steady_clock::now() - timer_.expiry();
    if (late > timeout_ / 2) forget_silence_before(monotonic_ns());
    look();
    look_later();
  });
}

void StallWatch::look() {
  std::vector<RankSign> signs = signs_();
  // A rank whose output waits for its reader is no rank that hangs, and all others may wait for it.
  const bool is_held_up =
      std::any_of(signs.begin(), signs.end(), [](const RankSign& sign) { return sign.is_held_up; });
  if (is_held_up) forget_silence_before(monotonic_ns());
  for (RankSign& sign : signs) sign.since_ns = std::max(sign.since_ns, earliest_ns_);
  const std::optional<StalledRank> stalled =
      kind_ == SignsOf::kProgress ? find_stalled_rank(signs, monotonic_ns(), timeout_)
                                  : find_silent_job(signs, monotonic_ns(), timeout_);
  if (!stalled) return;
  const RankSign& sign = signs[stalled->index];
  // The same silence is reported once: two silences differ in the sign of life before them.
  if (std::exchange(reported_ns_, sign.since_ns) == sign.since_ns) return;
  on_stall_(sign.local_rank, stalled->text);
}

}  // namespace dplaunch
