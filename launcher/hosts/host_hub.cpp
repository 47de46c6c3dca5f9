#include "launcher/hosts/host_hub.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdint>
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

constexpr std::size_t kMostGuests = 256;
constexpr std::chrono::seconds kGuestPatience{5};
constexpr std::chrono::milliseconds kBreath{100};
constexpr std::chrono::seconds kFirstReminder{5};
constexpr std::chrono::seconds kNextReminder{30};

Error refused(const std::string& problem, const std::string& hint) {
  return Error(ExitCode::kUsage, problem, hint);
}

std::string least_words(std::int64_t least) {
  return least > 0 ? fmt::format("--min-nodes {}", least) : "no --min-nodes";
}

}  // namespace

std::string HostHub::Member::words(int index) const {
  return host_words(index, name, link->peer_address());
}

HostHub::HostHub(boost::asio::io_context& io, tcp::acceptor acceptor, Options options)
    : io_(io),
      acceptor_(std::move(acceptor)),
      breath_(io),
      reminder_(io),
      patience_(io, options.patience),
      last_call_(io),
      options_(std::move(options)),
      members_(static_cast<std::size_t>(options_.count)),
      reports_(io, members_.size(), [this](const Json& reports) {
        to_others(-1, {{"type", say::kReport}, {"data", reports}});
      }) {}

void HostHub::start() {
  accept();
  remind_later(kFirstReminder);
  begin_when_over(patience_);
}

void HostHub::begin_when_over(boost::asio::steady_timer& timer) {
  timer.async_wait([this](error_code error) {
    if (!error && !is_complete_) begin_or_give_up();
  });
}

void HostHub::refuse(const Error& error) {
  // Where its own launcher is not in yet, nobody is to blame.
  refusal_ = to_others(members_.front() ? 0 : -1, refused_message(error));
}

void HostHub::stop() {
  error_code ignored;
  acceptor_.close(ignored);
  breath_.cancel();
  reminder_.cancel();
  patience_.cancel();
  last_call_.cancel();
  reports_.stop();
  for (const auto& [key, guest] : std::exchange(guests_, {})) {
    guest->patience.cancel();
    guest->link->close();
  }
  for (const auto& member : members_) {
    if (member) member->link->close_after_sending();
  }
}

void HostHub::accept() {
  acceptor_.async_accept([this](error_code error, tcp::socket socket) {
    if (!acceptor_.is_open()) return;
    if (error) return accept_later();
    if (guests_.size() < kMostGuests) greet(std::move(socket));
    accept();
  });
}

/// No descriptor may be left: whoever waits meanwhile is still there then.
void HostHub::accept_later() {
  breath_.expires_after(kBreath);
  breath_.async_wait([this](error_code error) {
    if (!error) accept();
  });
}

void HostHub::greet(tcp::socket socket) {
  auto link = std::make_shared<HostLink>(std::move(socket), options_.silence);
  auto guest = std::make_shared<Guest>(
      Guest{std::move(link), random_hex(32), boost::asio::steady_timer(io_, kGuestPatience)});
  guests_[guest.get()] = guest;
  // A stranger that only holds the connection must not hold it for long.
  guest->patience.async_wait([this, guest](error_code error) {
    if (error) return;
    guest->link->close();
    guests_.erase(guest.get());
  });
  guest->link->start([this, guest](const Json& message) { on_guest_message(guest, message); },
                     [this, guest](const std::string&) {
                       guest->patience.cancel();
                       guests_.erase(guest.get());
                     });
}

void HostHub::on_guest_message(const std::shared_ptr<Guest>& guest, const Json& message) {
  const std::string type = string_in(message, "type");
  try {
    if (integer_in(message, "protocol", kHostProtocol) != kHostProtocol) {
      throw refused(
          fmt::format("dplaunch {} does not work with host 0's dplaunch " DPLAUNCH_VERSION,
                      printable(string_in(message, "version", "of another version"))),
          "install the same on all hosts");
    }
    if (type == say::kHi) {
      guest->link->send({{"type", say::kChallenge},
                         {"protocol", kHostProtocol},
                         {"version", DPLAUNCH_VERSION},
                         {"challenge", guest->challenge},
                         {"at_ns", monotonic_ns()}});
    } else if (type == say::kHello) {
      admit(*guest, message);
    } else if (type == say::kBye) {
      guest->link->close_after_sending();
    } else {
      throw refused(HostLink::kForeign, "");
    }
  } catch (const Error& error) {
    turn_away(*guest, error);
  }
}

void HostHub::turn_away(Guest& guest, const Error& error) {
  if (options_.show) {
    options_.show(
        fmt::format("dplaunch: refused {}: {}", guest.link->peer_address(), error.what()));
  }
  guest.link->send(refused_message(error));
  guest.link->close_after_sending();
  guest.patience.cancel();
  guests_.erase(&guest);
}

int HostHub::place_of(const Guest& guest, const Json& hello) const {
  const std::string job = printable(string_in(hello, "job"));
  if (job != options_.job) {
    throw refused(fmt::format("that is the job \"{}\", not \"{}\"", options_.job, job),
                  "two jobs on the same hosts need two ports: --master-port");
  }
  const std::string words =
      words_to_prove(Side::kMember, guest.challenge, string_in(hello, "nonce"));
  if (!is_same_proof(string_in(hello, "proof"), proof(options_.token, words))) {
    throw refused("it does not know the job's token",
                  "give all hosts the same --token-file or DPLAUNCH_TOKEN");
  }
  const std::int64_t count = integer_in(hello, "count");
  if (count != options_.count) {
    throw refused(fmt::format("--nnodes {} here, and {} on host 0", count, options_.count),
                  "the number of hosts is the same on all of them");
  }
  const std::int64_t least = integer_in(hello, "least");
  if (least != options_.least) {
    throw refused(
        fmt::format("{} here, and {} on host 0", least_words(least), least_words(options_.least)),
        "the hosts that are needed are the same on all of them");
  }
  const auto is_free = [](const auto& member) { return !member; };
  const auto is_gone = [](const auto& member) { return member && member->is_lost; };
  if (static_cast<int>(members_.size()) < options_.count) {
    throw refused(fmt::format("the job has begun with the {} that had come",
                              counted(static_cast<std::int64_t>(members_.size()), "host")),
                  "to have this one too, stop it and start it with --resume on all hosts");
  }
  if (std::any_of(members_.begin(), members_.end(), is_gone)) {
    throw refused("the job goes on without the hosts that it has lost",
                  "to have them back, stop it and start it with --resume on all hosts");
  }
  if (is_complete_ || std::none_of(members_.begin(), members_.end(), is_free)) {
    throw refused(fmt::format("all {} of this job are there", counted(options_.count, "host")),
                  "another job needs another port: --master-port; hosts of one job are counted by "
                  "--nnodes");
  }
  const std::int64_t index = integer_in(hello, "index", -1);
  if (index < 0) {
    // The first place is the hub's own launcher's, which may come later than others.
    const auto free = std::find_if(members_.begin() + 1, members_.end(), is_free);
    if (free != members_.end()) return static_cast<int>(free - members_.begin());
    throw refused("all other hosts of this job are there", "--nnodes says how many there are");
  }
  const std::size_t place = static_cast<std::size_t>(index);
  if (place < members_.size() && !members_[place]) return static_cast<int>(index);
  throw refused(
      fmt::format(
          "--node-rank {} is taken{}", index,
          place < members_.size() ? " by " + members_[place]->words(static_cast<int>(index)) : ""),
      "each host has its own, from 0; or leave --node-rank out on all");
}

void HostHub::admit(Guest& guest, const Json& hello) {
  const int index = place_of(guest, hello);
  const std::shared_ptr<HostLink> link = guest.link;
  const std::string words = words_to_prove(Side::kHub, guest.challenge, string_in(hello, "nonce"));
  guest.patience.cancel();
  link->trust();
  members_[static_cast<std::size_t>(index)] = Member{link, printable(string_in(hello, "name"))};
  hear(*link, index);
  link->send({{"type", say::kWelcome}, {"index", index}, {"proof", proof(options_.token, words)}});
  if (!refusal_.is_null()) link->send(refusal_);
  guests_.erase(&guest);
  if (!is_enough() || last_call_.expiry() != boost::asio::steady_timer::time_point()) return;
  last_call_.expires_after(options_.last_call);
  begin_when_over(last_call_);
}

void HostHub::hear(HostLink& link, int index) {
  link.hand_to([this, index](const Json& message) { on_message(index, message); },
               [this, index](const std::string& reason) { on_end(index, reason); });
}

void HostHub::on_message(int index, const Json& message) {
  const std::string type = string_in(message, "type");
  if (type == say::kArrive) {
    on_arrival(index, message);
  } else if (type == say::kTell) {
    to_others(index, message);
  } else if (type == say::kReport) {
    reports_.add(static_cast<std::size_t>(index), member_in(message, "data"));
  } else if (type == say::kRefused) {
    refusal_ = to_others(index, message);
  } else if (type == say::kBye) {
    members_[static_cast<std::size_t>(index)]->link->close_after_sending();
    on_end(index, "it has left", true);
  }
}

void HostHub::on_arrival(int index, const Json& message) {
  const std::string name = string_in(message, "stage");
  Stage& stage = stages_[name];
  stage.data.resize(members_.size());
  const auto tolerates = message.find("tolerates_loss");
  stage.tolerates_loss = tolerates != message.end() && *tolerates == true;
  const auto data = message.find("data");
  stage.data[static_cast<std::size_t>(index)] = data != message.end() ? *data : Json();
  go_on_if_complete(name);
}

void HostHub::go_on_if_complete(const std::string& name) {
  Stage& stage = stages_[name];
  if (!is_complete_ && may_begin_ && is_enough()) begin_without_missing(stage);
  Json data = Json::array();
  for (std::size_t i = 0; i < members_.size(); ++i) {
    const bool is_lost = members_[i] && members_[i]->is_lost;
    if (!stage.data[i] && !(is_lost && stage.tolerates_loss)) return;
    data.push_back(stage.data[i].value_or(Json()));
  }
  stages_.erase(name);
  reports_.flush();  // so that all know what each had reported before it came here
  is_complete_ = true;
  reminder_.cancel();
  patience_.cancel();
  last_call_.cancel();
  to_others(-1, {{"type", say::kGo}, {"stage", name}, {"data", std::move(data)}});
}

bool HostHub::is_enough() const {
  // Host 0 keeps the meeting: nobody begins without it.
  return options_.least > 0 && members_.front() &&
         std::count_if(members_.begin(), members_.end(),
                       [](const auto& one) { return one.has_value(); }) >= options_.least;
}

void HostHub::begin_or_give_up() {
  may_begin_ = true;
  // One may have left since the last call.
  if (!is_enough() && patience_.expiry() <= std::chrono::steady_clock::now()) give_up();
  go_on_where_complete();
}

void HostHub::begin_without_missing(Stage& stage) {
  const std::string missing = missing_hosts();
  if (missing.empty()) return;
  std::vector<std::optional<Member>> there;
  std::vector<std::optional<Json>> data;
  for (std::size_t i = 0; i < members_.size(); ++i) {
    if (!members_[i]) continue;
    const auto index = static_cast<int>(there.size());
    hear(*members_[i]->link, index);
    there.push_back(std::move(members_[i]));
    data.push_back(std::move(stage.data[i]));
  }
  const std::string text = fmt::format("dplaunch: beginning with {} of {}: without {}",
                                       there.size(), counted(options_.count, "host"), missing);
  members_ = std::move(there);
  stage.data = std::move(data);
  reports_.count_hosts(members_.size());
  for (std::size_t i = 0; i < members_.size(); ++i) {
    members_[i]->link->send({{"type", say::kPlace}, {"index", i}, {"count", members_.size()}});
  }
  if (options_.show) options_.show(text);
  to_others(-1, {{"type", say::kWaiting}, {"text", text}});
}

void HostHub::on_end(int index, const std::string& reason, bool has_left) {
  std::optional<Member>& member = members_[static_cast<std::size_t>(index)];
  if (!is_complete_) {
    // It may come again: a host that was started wrongly, and is started once more.
    if (options_.show) {
      options_.show(fmt::format("dplaunch: {} has left: {}", member->words(index), reason));
    }
    member.reset();
    for (auto& [name, stage] : stages_) stage.data[static_cast<std::size_t>(index)].reset();
    if (may_begin_) begin_or_give_up();
    return;
  }
  if (std::exchange(member->is_lost, true)) return;
  to_others(index, {{"type", say::kLost},
                    {"host", index},
                    {"text", fmt::format("{}: {}", member->words(index), reason)},
                    {"reason", reason},
                    {"has_left", has_left}});
  go_on_where_complete();
}

void HostHub::go_on_where_complete() {
  std::vector<std::string> open;
  for (const auto& [name, stage] : stages_) open.push_back(name);
  for (const std::string& name : open) go_on_if_complete(name);
}

Json HostHub::to_others(int index, Json message) {
  if (index >= 0) {
    message["host"] = index;
    const auto& sender = members_[static_cast<std::size_t>(index)];
    message["from"] = sender->words(index);
  }
  const HostLink::Line line = HostLink::to_line(message);
  for (std::size_t i = 0; i < members_.size(); ++i) {
    if (members_[i] && static_cast<int>(i) != index) members_[i]->link->send_line(line);
  }
  return message;
}

void HostHub::remind_later(std::chrono::milliseconds time) {
  reminder_.expires_after(time);
  reminder_.async_wait([this](error_code error) {
    if (error || is_complete_) return;
    const std::string missing = missing_hosts();
    if (!missing.empty()) {
      const std::string text =
          fmt::format("dplaunch: waiting for {} of {}", missing, options_.count);
      if (options_.show) options_.show(text);
      to_others(-1, {{"type", say::kWaiting}, {"text", text}});
    }
    remind_later(kNextReminder);
  });
}

void HostHub::give_up() {
  const Error error(ExitCode::kRendezvous,
                    fmt::format("{} of {} did not come within {}", missing_hosts(), options_.count,
                                seconds_text(options_.patience)),
                    "start dplaunch on each host, with the same --master-addr and --master-port; "
                    "--rdzv-timeout says how long they wait for each other");
  refusal_ = to_others(-1, refused_message(error));
}

std::string HostHub::missing_hosts() const {
  std::vector<std::string> missing;
  for (std::size_t i = 0; i < members_.size(); ++i) {
    if (!members_[i]) missing.push_back(std::to_string(i));
  }
  if (missing.empty()) return {};
  return (missing.size() > 1 ? "hosts " : "host ") + joined(missing);
}

}  // namespace dplaunch
