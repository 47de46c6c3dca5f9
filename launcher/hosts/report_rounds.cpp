#include "launcher/hosts/report_rounds.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace dplaunch {
namespace {

constexpr std::chrono::milliseconds kShortest{1000};

/// After a round, before the next.
std::chrono::milliseconds pause_after(const Json& reports) {
  const auto bytes = static_cast<double>(
      reports.dump(-1, ' ', false, Json::error_handler_t::replace).size() * reports.size());
  const double time_ms = 1000 * bytes / ReportRounds::kMostBytesPerSecond;
  return std::max(kShortest, std::chrono::milliseconds(static_cast<std::int64_t>(time_ms)));
}

}  // namespace

ReportRounds::ReportRounds(boost::asio::io_context& io, std::size_t hosts,
                           std::function<void(const Json& reports)> send)
    : timer_(io), send_(std::move(send)) {
  count_hosts(hosts);
}

void ReportRounds::add(std::size_t host, Json report) {
  reports_[host] = std::move(report);
  is_new_ = true;
  if (!is_waiting_) wait_for_round();
}

void ReportRounds::flush() {
  if (std::exchange(is_new_, false)) send_(reports_);
}

/// The first of a round waits too: those of the other hosts come meanwhile.
void ReportRounds::wait_for_round() {
  is_waiting_ = true;
  timer_.expires_after(pause_after(reports_));
  timer_.async_wait([this](boost::system::error_code error) {
    is_waiting_ = false;
    if (!error) flush();
  });
}

}  // namespace dplaunch
