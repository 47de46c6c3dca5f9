#include "launcher/hosts/host_member.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/monotonic_clock.h"
#include "base/text/printable.h"
#include "base/text/words.h"
#include "launcher/hosts/host_message.h"
#include "launcher/hosts/host_token.h"

namespace dplaunch {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kPause{200};
constexpr milliseconds kOneTry{2000};  ///< packets that are dropped are not waited for any longer
constexpr milliseconds kHandshake{4000};
constexpr milliseconds kFirstNotice{3000};
constexpr milliseconds kNextNotice{30'000};

constexpr char kWhatToSee[] =
    "is dplaunch running there with --node-rank 0, is --master-addr its address, and is the port "
    "open to the other hosts?";

milliseconds since(steady_clock::time_point begin) {
  return std::chrono::duration_cast<milliseconds>(steady_clock::now() - begin);
}

}  // namespace

HostMember::HostMember(std::shared_ptr<boost::asio::io_context> io, Options options, Events events)
    : io_(std::move(io)),
      timer_(*io_),
      options_(std::move(options)),
      events_(std::move(events)),
      begin_(steady_clock::now()),
      remind_at_(begin_ + kFirstNotice) {}

void HostMember::start() {
  look_up();
}

void HostMember::stop() {
  is_stopped_ = true;
  timer_.cancel();
  if (link_) link_->close();
}

std::string HostMember::hub_words() const {
  return fmt::format("host 0 at {} port {}", printable(options_.address), options_.port);
}

void HostMember::fail(const std::string& problem, const std::string& hint) {
  if (std::exchange(is_stopped_, true)) return;
  timer_.cancel();
  if (link_) link_->close();
  events_.on_failure(Error(ExitCode::kRendezvous, hub_words() + ": " + problem, hint));
}

void HostMember::fail_by_stranger() {
  fail("another program answers there", "choose another --master-port on all hosts");
}

void HostMember::remind_if_time(const std::string& problem) {
  if (steady_clock::now() < remind_at_) return;
  remind_at_ = steady_clock::now() + kNextNotice;
  events_.show(
      fmt::format("dplaunch: waiting for {}: {}\n  hint: {}", hub_words(), problem, kWhatToSee));
}

/// A name server may take longer than there is time.
void HostMember::wait_for_look_up() {
  timer_.expires_at(std::min(begin_ + options_.patience, remind_at_));
  timer_.async_wait([self = shared_from_this()](error_code error) {
    if (error) return;
    const std::string problem = "its name is looked up, and no name server answers";
    if (since(self->begin_) >= self->options_.patience) return self->try_again_later(problem);
    self->remind_if_time(problem);
    self->wait_for_look_up();
  });
}

void HostMember::look_up() {
  wait_for_look_up();
  find_addresses(io_, options_.address, [weak = weak_from_this()](const FoundAddresses& found) {
    const auto self = weak.lock();
    if (!self || self->is_stopped_) return;
    self->timer_.cancel();
    self->addresses_ = found.addresses;
    self->next_ = 0;
    self->problem_ = found.problem;
    self->try_next();
  });
}

void HostMember::try_next() {
  if (next_ >= addresses_.size()) return try_again_later(problem_);
  const tcp::endpoint where(addresses_[next_++], options_.port);
  const auto socket = std::make_shared<tcp::socket>(*io_);
  timer_.expires_after(std::min<milliseconds>(
      kOneTry, std::max<milliseconds>(milliseconds(1), options_.patience - since(begin_))));
  timer_.async_wait([socket](error_code error) {
    error_code ignored;
    if (!error) socket->close(ignored);
  });
  socket->async_connect(where, [self = shared_from_this(), socket](error_code error) {
    if (self->is_stopped_) return;
    self->timer_.cancel();
    if (!error && socket->is_open()) return self->on_connected(std::move(*socket));
    self->problem_ =
        error == boost::asio::error::operation_aborted ? "it does not answer" : error.message();
    self->try_next();
  });
}

void HostMember::try_again_later(const std::string& problem) {
  if (is_stopped_) return;
  if (since(begin_) + kPause >= options_.patience) {
    return fail(fmt::format("not reached within {}: {}", seconds_text(options_.patience), problem),
                kWhatToSee);
  }
  remind_if_time(problem);
  timer_.expires_after(kPause);
  timer_.async_wait([self = shared_from_this()](error_code error) {
    if (!error && !self->is_stopped_) self->look_up();
  });
}

void HostMember::on_connected(tcp::socket socket) {
  link_ = std::make_shared<HostLink>(std::move(socket), options_.silence);
  own_address_ = link_->own_address();
  hub_address_ = link_->peer_address();
  timer_.expires_after(kHandshake);
  timer_.async_wait([self = shared_from_this()](error_code error) {
    if (error) return;
    self->fail_by_stranger();
  });
  link_->start([self = shared_from_this()](const Json& message) { self->on_handshake(message); },
               [self = shared_from_this()](const std::string& reason) {
                 if (self->is_stopped_) return;
                 if (reason == HostLink::kForeign) return self->fail_by_stranger();
                 // A hub that has no time for guests, or a launcher that has just gone.
                 self->timer_.cancel();
                 self->try_again_later(reason);
               });
  hi_ns_ = monotonic_ns();
  link_->send({{"type", say::kHi}, {"protocol", kHostProtocol}, {"version", DPLAUNCH_VERSION}});
}

void HostMember::on_handshake(const Json& message) {
  if (is_stopped_) return;
  const std::string type = string_in(message, "type");
  if (type == say::kChallenge) return answer(message);
  if (type == say::kWelcome) return on_welcome(message);
  if (type != say::kRefused) return;
  is_stopped_ = true;
  timer_.cancel();
  link_->close();
  events_.on_failure(refusal_in(message, hub_words()));
}

void HostMember::answer(const Json& challenge) {
  const std::int64_t now_ns = monotonic_ns();
  // Halfway between question and answer, as NTP has it (RFC 5905, section 8).
  offset_ns_ = integer_in(challenge, "at_ns") - (hi_ns_ + now_ns) / 2;
  challenge_ = string_in(challenge, "challenge");
  nonce_ = random_hex(32);
  Json hello = {
      {"type", say::kHello},
      {"protocol", kHostProtocol},
      {"version", DPLAUNCH_VERSION},
      {"job", options_.job},
      {"count", options_.count},
      {"least", options_.least},
      {"name", options_.name},
      {"nonce", nonce_},
      {"proof", proof(options_.token, words_to_prove(Side::kMember, challenge_, nonce_))}};
  if (options_.index) hello["index"] = *options_.index;
  link_->send(hello);
}

void HostMember::on_welcome(const Json& welcome) {
  const std::string expected =
      proof(options_.token, words_to_prove(Side::kHub, challenge_, nonce_));
  if (challenge_.empty() || !is_same_proof(string_in(welcome, "proof"), expected)) {
    return fail("it does not know the job's token",
                "give all hosts the same --token-file or DPLAUNCH_TOKEN");
  }
  timer_.cancel();
  link_->trust();
  link_->hand_to(
      [self = shared_from_this()](const Json& message) {
        if (!self->is_stopped_) self->events_.on_message(message);
      },
      [self = shared_from_this()](const std::string& reason) { self->fail(reason, ""); });
  events_.on_welcome(static_cast<int>(integer_in(welcome, "index")));
}

void HostMember::send(const Json& message) {
  if (link_) link_->send(message);
}

void HostMember::leave() {
  if (!link_ || !link_->is_open()) return stop();
  is_stopped_ = true;
  timer_.cancel();
  link_->send({{"type", say::kBye}});
  link_->close_after_sending();
}

}  // namespace dplaunch
