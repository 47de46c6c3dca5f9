#include "launcher/hosts/host_channel.h"

#include <fmt/core.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <future>
#include <utility>

#include "base/error.h"
#include "base/process/host_name.h"
#include "base/process/signal_name.h"
#include "base/text/printable.h"
#include "launcher/hosts/host_message.h"
#include "launcher/hosts/host_token.h"

namespace dplaunch {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::chrono::seconds kFarewell{2};

/// Signals are for the thread that supervises.
void block_all_signals() {
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

/// Where a hub is to listen: at the address that is given where that is this host's own, and
/// elsewhere only if there is no other way: a name that means the loopback here (Debian gives a
/// host's own name 127.0.1.1), or an address that a router maps to this host.
asio::ip::address listening_address(const std::vector<asio::ip::address>& found, bool is_name) {
  for (const asio::ip::address& address : found) {
    if (address.is_loopback() && is_name) continue;
    if (is_of_this_host(address)) return address;
  }
  return asio::ip::address_v6::any();
}

bool is_any_here(const std::vector<asio::ip::address>& found) {
  return std::any_of(found.begin(), found.end(), is_of_this_host);
}

}  // namespace

HostChannel::HostChannel(ChannelOptions options)
    : options_(std::move(options)), io_(std::make_shared<asio::io_context>(1)) {
  std::optional<tcp::acceptor> acceptor = open_hub();
  HostMember::Options mine;
  mine.address = options_.address;
  mine.port = options_.port;
  if (acceptor) {
    mine.address = hub_listens_on_;
    HostHub::Options hub{options_.count,   options_.job,   options_.token,     options_.patience,
                         options_.silence, options_.least, options_.last_call, options_.show};
    hub_.emplace(*io_, std::move(*acceptor), std::move(hub));
    hub_->start();
    options_.index = 0;
  }
  mine.count = options_.count;
  mine.least = options_.least;
  mine.index = options_.index;
  mine.job = options_.job;
  mine.token = options_.token;
  mine.name = host_name();
  mine.patience = options_.patience;
  mine.silence = options_.silence;
  HostMember::Events events;
  events.on_welcome = [this](int index) {
    index_ = index;
    is_welcome_ = true;
    for (const Json& message : std::exchange(unsent_, {})) member_->send(message);
    if (on_entered_) std::exchange(on_entered_, nullptr)(std::nullopt);
  };
  events.on_message = [this](const Json& message) { on_message(message); };
  events.on_failure = [this](const Error& error) { on_failure(error); };
  events.show = options_.show;
  member_ = std::make_shared<HostMember>(io_, std::move(mine), std::move(events));
  work_.emplace(asio::make_work_guard(*io_));
  asio::post(*io_, [this] { member_->start(); });
  std::promise<void> end;
  ended_ = end.get_future();
  thread_ = std::thread([this, io = io_, end = std::move(end)]() mutable {
    block_all_signals();
    io->run();
    if (exit_code_ != 0) {
      io->restart();
      io->run_for(kFarewell);
      ::_exit(exit_code_);
    }
    end.set_value();
  });
}

HostChannel::~HostChannel() {
  hear_signals(false);
  listen(nullptr);
  asio::post(*io_, [this] { part(); });
  // A peer that takes nothing must not keep this host.
  if (ended_.wait_for(kFarewell) != std::future_status::ready) io_->stop();
  thread_.join();
}

void HostChannel::part() {
  waiting_.clear();
  member_->leave();
  if (hub_) hub_->stop();
  work_.reset();
}

std::optional<tcp::acceptor> HostChannel::open_hub() {
  if (options_.index && *options_.index != 0) return std::nullopt;
  error_code error;
  asio::ip::make_address(options_.address, error);
  const bool is_name = static_cast<bool>(error);
  const bool is_own_name = options_.address == host_name();
  const FoundAddresses found =
      is_own_name && options_.index ? FoundAddresses() : find_addresses(options_.address);
  if (!options_.index && !is_any_here(found.addresses)) return std::nullopt;
  tcp::acceptor acceptor(*io_);
  tcp::endpoint where(listening_address(found.addresses, is_name), options_.port);
  acceptor.open(where.protocol(), error);
  if (error) {  // a kernel without IPv6
    where = tcp::endpoint(tcp::v4(), options_.port);
    acceptor.open(where.protocol(), error);
  }
  acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (where.protocol() == tcp::v6()) acceptor.set_option(asio::ip::v6_only(false), error);
  acceptor.bind(where, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    // Without a node rank it may be another launcher of this job, on the same host.
    if (!options_.index && error == asio::error::address_in_use) return std::nullopt;
    throw Error(ExitCode::kRendezvous,
                fmt::format("cannot listen at {} port {}: {}", printable(options_.address),
                            options_.port, error.message()),
                "another job or program is there: choose another --master-port on all hosts");
  }
  hub_listens_on_ = where.address().is_unspecified() ? "127.0.0.1" : where.address().to_string();
  return acceptor;
}

void HostChannel::enter() {
  std::promise<std::optional<Error>> entered;
  asio::post(*io_, [this, &entered] {
    on_entered_ = [&entered](const std::optional<Error>& error) { entered.set_value(error); };
    if (is_welcome_ || failure_) std::exchange(on_entered_, nullptr)(failure_);
  });
  if (const std::optional<Error> error = entered.get_future().get()) throw *error;
}

HostChannel::Gathering HostChannel::met_at(const std::string& stage, const Json& mine,
                                           bool tolerates_loss) {
  std::promise<Met> promise;
  wait_for(stage, mine, {tolerates_loss, [&promise](const Met& met) { promise.set_value(met); }});
  Met met = promise.get_future().get();
  if (const Error* error = std::get_if<Error>(&met)) throw *error;
  return std::get<Gathering>(std::move(met));
}

std::vector<Json> HostChannel::meet(const std::string& stage, const Json& mine) {
  return met_at(stage, mine, false).brought;
}

HostChannel::Gathering HostChannel::meet_those_left(const std::string& stage, const Json& mine) {
  return met_at(stage, mine, true);
}

void HostChannel::meet_those_left(const std::string& stage, const Json& mine,
                                  std::function<void(const Met&)> on_met) {
  wait_for(stage, mine, {true, std::move(on_met)});
}

void HostChannel::wait_for(const std::string& stage, const Json& mine, Waiting waiting) {
  asio::post(*io_, [this, stage, mine, waiting = std::move(waiting)] {
    const std::optional<Error>& failure =
        waiting.tolerates_loss || failure_ ? failure_ : strict_failure_;
    if (failure) return waiting.on_met(*failure);
    waiting_[stage] = waiting;
    const Json message = {{"type", say::kArrive},
                          {"stage", stage},
                          {"data", mine},
                          {"tolerates_loss", waiting.tolerates_loss}};
    is_welcome_ ? member_->send(message) : unsent_.push_back(message);
  });
}

void HostChannel::name_hosts(std::vector<std::string> names) {
  const std::lock_guard lock(news_mutex_);
  names_ = std::move(names);
}

std::string HostChannel::name_of(int host) const {
  const std::lock_guard lock(news_mutex_);
  const auto place = static_cast<std::size_t>(host);
  return place < names_.size() ? names_[place] : fmt::format("host {}", host);
}

HostChannel::Pause::Pause(HostChannel& channel) {
  std::promise<void> begun;
  const std::shared_future<void> over = over_.get_future().share();
  asio::post(*channel.io_, [&begun, over] {
    begun.set_value();
    over.wait();
  });
  begun.get_future().wait();
}

HostChannel::Pause::~Pause() {
  over_.set_value();
}

void HostChannel::go_on_without_lost() {
  asio::post(*io_, [this] { strict_failure_.reset(); });
}

void HostChannel::tell(const Json& data) {
  asio::post(*io_, [this, data] { member_->send({{"type", say::kTell}, {"data", data}}); });
}

void HostChannel::report(const Json& data) {
  asio::post(*io_, [this, data] { member_->send({{"type", say::kReport}, {"data", data}}); });
}

HostChannel::Reports HostChannel::reports() const {
  const std::lock_guard lock(news_mutex_);
  return reports_;
}

int HostChannel::report_changes() const {
  const std::lock_guard lock(news_mutex_);
  return report_changes_;
}

void HostChannel::keep_reports(const Json& reports) {
  const std::lock_guard lock(news_mutex_);
  reports_.newest.assign(reports.begin(), reports.end());
  ++report_changes_;
}

void HostChannel::keep_loss(int host, const std::string& reason) {
  const std::lock_guard lock(news_mutex_);
  reports_.losses[host] = {reason, std::time(nullptr)};
  ++report_changes_;
}

void HostChannel::refuse(const Error& error) {
  asio::post(*io_, [this, error] { refuse_now(error); });
}

void HostChannel::refuse_now(const Error& error) {
  // The hub may be stopped before it would read what its own member sends.
  if (hub_) return hub_->refuse(error);
  const Json message = refused_message(error);
  is_welcome_ ? member_->send(message) : unsent_.push_back(message);
}

void HostChannel::hear_signals(bool hears) {
  if (!hears) return signals_.reset();
  if (!signals_) signals_.emplace(*io_, [this](int signal) { on_signal(signal); });
}

void HostChannel::on_signal(int signal) {
  const Error error(static_cast<ExitCode>(128 + signal),
                    signal_name(signal) + ": ended while the hosts of the job met");
  const bool is_awaited = on_entered_ || !waiting_.empty();
  refuse_now(error);
  if (on_entered_) std::exchange(on_entered_, nullptr)(error);
  fail_waiting(error, true);
  if (is_awaited || exit_code_ != 0) return;
  options_.show(std::string("dplaunch: ") + error.what());
  exit_code_ = to_int(error.code());
  signals_->stop();
  part();
  io_->stop();
}

void HostChannel::listen(std::function<void(const HostNews&)> on_news) {
  const std::lock_guard lock(news_mutex_);
  on_news_ = std::move(on_news);
  if (!on_news_) return;
  for (const HostNews& news : std::exchange(unheard_, {})) on_news_(news);
}

std::string HostChannel::own_address() const {
  return member_->own_address();
}

std::string HostChannel::hub_address() const {
  return member_->hub_address();
}

void HostChannel::on_message(const Json& message) {
  const std::string type = string_in(message, "type");
  HostNews news;
  news.host = static_cast<int>(integer_in(message, "host", -1));
  news.from = printable(string_in(message, "from"));
  if (type == say::kGo) {
    on_go(message);
  } else if (type == say::kPlace) {
    index_ = static_cast<int>(integer_in(message, "index"));
    options_.count = static_cast<int>(integer_in(message, "count"));
  } else if (type == say::kTell) {
    news.data = member_in(message, "data");
    publish(std::move(news));
  } else if (type == say::kReport) {
    keep_reports(member_in(message, "data"));
  } else if (type == say::kWaiting) {
    if (!hub_) options_.show(printable(string_in(message, "text")));
  } else if (type == say::kLost) {
    news.kind = HostNews::Kind::kLost;
    news.from = printable(string_in(message, "text"));
    if (!message.value("has_left", false)) {
      keep_loss(news.host, printable(string_in(message, "reason")));
    }
    fail_waiting(Error(ExitCode::kRendezvous, "lost " + news.from), false);
    publish(std::move(news));
  } else if (type == say::kRefused) {
    news.kind = HostNews::Kind::kRefused;
    news.error = refusal_in(message, news.from);
    fail_waiting(*news.error, true);
    publish(std::move(news));
  }
}

void HostChannel::on_go(const Json& message) {
  const auto found = waiting_.find(string_in(message, "stage"));
  if (found == waiting_.end()) return;
  const Waiting waiting = std::move(found->second);
  waiting_.erase(found);
  Gathering gathering;
  for (const Json& one : member_in(message, "data")) gathering.brought.push_back(one);
  gathering.loss = strict_failure_;
  waiting.on_met(std::move(gathering));
}

void HostChannel::on_failure(const Error& error) {
  if (!is_welcome_) {
    fail_waiting(error, true);
    if (on_entered_) std::exchange(on_entered_, nullptr)(error);
    return;
  }
  HostNews news;
  news.kind = HostNews::Kind::kHubLost;
  news.host = 0;
  news.from = error.what();
  keep_loss(news.host, error.what());
  fail_waiting(Error(error.code(), "lost " + news.from, error.hint()), true);
  publish(std::move(news));
}

void HostChannel::fail_waiting(const Error& error, bool all) {
  std::optional<Error>& failure = all ? failure_ : strict_failure_;
  if (!failure) failure = error;
  std::map<std::string, Waiting> left;
  for (auto& [stage, waiting] : std::exchange(waiting_, {})) {
    if (all || !waiting.tolerates_loss) {
      waiting.on_met(error);
    } else {
      left[stage] = waiting;
    }
  }
  waiting_.merge(left);
}

void HostChannel::publish(HostNews news) {
  const std::lock_guard lock(news_mutex_);
  on_news_ ? on_news_(news) : unheard_.push_back(std::move(news));
}

}  // namespace dplaunch
