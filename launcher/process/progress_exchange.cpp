#include "launcher/process/progress_exchange.h"

#include <chrono>
#include <utility>

namespace dplaunch {
namespace {

constexpr std::chrono::seconds kPeriod{1};

}  // namespace

ProgressExchange::ProgressExchange(boost::asio::io_context& io, const LaunchPlan& plan,
                                   OtherHosts* hosts)
    : timer_(io), plan_(plan), hosts_(hosts) {}

void ProgressExchange::start(OwnRanks own_ranks) {
  if (hosts_ == nullptr) return;
  own_ranks_ = std::move(own_ranks);
  report();
  keep();
  exchange_later();
}

void ProgressExchange::finish() {
  timer_.cancel();
  if (own_ranks_) report();
}

void ProgressExchange::exchange_later() {
  timer_.expires_after(kPeriod);
  timer_.async_wait([this](boost::system::error_code error) {
    if (error) return;
    report();
    keep();
    exchange_later();
  });
}

void ProgressExchange::report() const {
  std::vector<RankProgress> ranks = own_ranks_();
  const bool are_many = plan_.ranks.front().environment.world_size > kMostRanksReported;
  if (are_many) ranks = {summary_of(ranks)};
  hosts_->report(std::move(ranks));
}

void ProgressExchange::keep() {
  const int changes = hosts_->changes();
  if (!plan_.run_folder || std::exchange(kept_changes_, changes) == changes) return;
  write_hosts(*plan_.run_folder, plan_.start_id, hosts_->progress());
}

}  // namespace dplaunch
