#include "launcher/process/other_hosts.h"

#include <fmt/core.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <mutex>
#include <numeric>
#include <utility>

#include "base/error.h"
#include "base/files/unique_fd.h"
#include "base/monotonic_clock.h"
#include "base/process/signal_name.h"
#include "base/text/words.h"
#include "launcher/hosts/signal_watch.h"
#include "launcher/plan/hosts_left.h"
#include "launcher/report/job_end_json.h"

namespace dplaunch {
namespace {

constexpr char kAttempt[] = "attempt";
constexpr char kState[] = "state";
constexpr char kSignal[] = "signal";
constexpr char kReason[] = "reason";
constexpr char kEnd[] = "end";
constexpr char kContext[] = "context";

std::string stage_name(const char* what, int attempt) {
  return fmt::format("{}-{}", what, attempt);
}

StopState state_from(std::int64_t number) {
  const auto state = static_cast<StopState>(number);
  return state == StopState::kAsked || state == StopState::kPreempted ? state : StopState::kFailed;
}

bool is_among(const std::vector<int>& hosts, int host) {
  return std::find(hosts.begin(), hosts.end(), host) != hosts.end();
}

/// nullopt for what does not stop this attempt: what ended the one before may be heard late.
std::optional<HostStop> stop_of(const HostNews& news, int attempt,
                                const std::vector<int>& present) {
  HostStop stop;
  if (news.kind == HostNews::Kind::kLost && !is_among(present, news.host)) return std::nullopt;
  switch (news.kind) {
    case HostNews::Kind::kTold: {
      if (integer_in(news.data, kAttempt, -1) != attempt) return std::nullopt;
      stop.state = state_from(integer_in(news.data, kState));
      stop.signal = static_cast<int>(integer_in(news.data, kSignal));
      stop.reason = fmt::format("{}: {}", news.from, string_in(news.data, kReason));
      return stop;
    }
    case HostNews::Kind::kRefused:
      stop.reason = news.error->what();
      return stop;
    case HostNews::Kind::kLost:
    case HostNews::Kind::kHubLost:
      break;
  }
  stop.reason = "lost " + news.from;
  return stop;
}

/// A meeting that the channel's thread will tell of, as a descriptor that can be polled.
struct Pending {
  UniqueFd told{::eventfd(0, EFD_CLOEXEC)};
  std::mutex mutex;
  std::optional<HostChannel::Met> met;
  HostChannel::Reports reports;  ///< before any host leaves
};

UniqueFd fd_of_blocked_signals() {
  const sigset_t ending = ending_signals();
  return UniqueFd(::signalfd(-1, &ending, SFD_CLOEXEC));
}

}  // namespace

OtherHosts::OtherHosts(HostChannel& channel, const LaunchPlan& plan)
    : channel_(channel),
      min_hosts_(plan.min_hosts),
      processes_(plan.processes_of_hosts),
      present_(processes_.size()) {
  std::iota(present_.begin(), present_.end(), 0);
}

bool OtherHosts::may_lose_one() const {
  return min_hosts_ > 0;
}

/// Of all hosts that are present.
std::vector<Json> OtherHosts::meet(const std::string& stage, const Json& mine) {
  if (!may_lose_one()) return channel_.meet(stage, mine);
  std::vector<Json> met = channel_.meet_those_left(stage, mine).brought;
  if (const std::optional<Error> loss = loss_in(met)) throw *loss;
  return met;
}

/// One that was present has not come.
std::optional<Error> OtherHosts::loss_in(const std::vector<Json>& met) const {
  for (const int host : present_) {
    if (!met[static_cast<std::size_t>(host)].is_null()) continue;
    return Error(ExitCode::kRendezvous,
                 fmt::format("lost host {} ({})", host, channel_.name_of(host)),
                 "start the job again with --resume");
  }
  return std::nullopt;
}

LaunchPlan OtherHosts::plan_for_those_left(LaunchPlan plan, int attempt, std::ostream& err) {
  channel_.hear_signals(true);  // until the supervisor has its handlers
  if (attempt == 0 || !may_lose_one()) return plan;
  const HostChannel::Gathering met =
      channel_.meet_those_left(stage_name("left", attempt), Json::object());
  std::vector<int> left;
  std::vector<std::string> missing;
  for (std::size_t i = 0; i < met.brought.size(); ++i) {
    const int host = static_cast<int>(i);
    if (!met.brought[i].is_null()) {
      left.push_back(host);
    } else {
      missing.push_back(fmt::format("{} (host {})", channel_.name_of(host), host));
    }
  }
  if (static_cast<int>(left.size()) < min_hosts_) {
    throw Error(
        ExitCode::kRendezvous,
        fmt::format("lost {}: fewer are left than --min-nodes {}", joined(missing), min_hosts_),
        "start the job again with --resume");
  }
  present_ = std::move(left);
  channel_.go_on_without_lost();
  if (missing.empty()) return plan;
  plan = plan_for_hosts(std::move(plan), channel_.index(), present_);
  if (!plan.supervision.is_quiet) {
    err << fmt::format("dplaunch: going on with {} of {} and {} without {}\n", present_.size(),
                       counted(static_cast<std::int64_t>(met.brought.size()), "host"),
                       counted(plan.ranks.front().environment.world_size, "process", "processes"),
                       joined(missing))
        << std::flush;
  }
  return plan;
}

int OtherHosts::meet_to_start(int attempt, int port) {
  attempt_ = attempt;
  at_end_.reset();
  attempt_begin_ns_ = monotonic_ns();  // before it no host can report of this attempt
  const auto met = meet(stage_name("start", attempt), {{"port", port}});
  return static_cast<int>(integer_in(met.front(), "port"));
}

void OtherHosts::listen(std::function<void(const HostStop&)> on_stop) {
  if (!on_stop) return channel_.listen(nullptr);
  channel_.listen(
      [attempt = attempt_, present = present_, on_stop = std::move(on_stop)](const HostNews& news) {
        if (const auto stop = stop_of(news, attempt, present)) on_stop(*stop);
      });
}

void OtherHosts::while_paused(const std::function<void()>& action) {
  const HostChannel::Pause pause(channel_);
  action();
}

void OtherHosts::tell(StopState state, int signal, const std::string& reason) {
  channel_.tell({{kAttempt, attempt_},
                 {kState, static_cast<int>(state)},
                 {kSignal, signal},
                 {kReason, reason}});
}

void OtherHosts::report(std::vector<RankProgress> ranks) {
  HostProgress own;
  own.index = channel_.index();
  own.at_ns = monotonic_ns();
  own.ranks = std::move(ranks);
  first_rank_ = own.ranks.front().rank;
  channel_.report(to_json(own, channel_.offset_ns()));
}

/// Nothing but their numbers: a host may be lost before it has said more.
std::vector<RankProgress> OtherHosts::planned_ranks(int host) const {
  const HostRanks numbers = ranks_of_host_left(processes_, present_, host);
  const int last = numbers.first + processes_[static_cast<std::size_t>(host)] - 1;
  if (numbers.world_size > kMostRanksReported) return {{numbers.first, last, {}, {}, 0}};
  std::vector<RankProgress> ranks;
  for (int rank = numbers.first; rank <= last; ++rank) ranks.push_back({rank, rank, {}, {}, 0});
  return ranks;
}

HostsRecord OtherHosts::progress() const {
  const HostChannel::Reports reports = at_end_ ? *at_end_ : channel_.reports();
  HostsRecord record;
  record.own_index = channel_.index();
  record.own_name = channel_.name_of(record.own_index);
  record.own_first_rank = first_rank_;
  for (int index = 0; index < channel_.count(); ++index) {
    if (index == record.own_index) continue;
    HostProgress host;
    if (static_cast<std::size_t>(index) < reports.newest.size()) {
      host = host_progress_from(reports.newest[static_cast<std::size_t>(index)],
                                -channel_.offset_ns());
    }
    host.index = index;
    host.name = channel_.name_of(index);
    if (!is_among(present_, index)) {
      host.ranks.clear();  // the job goes on without it, and its ranks' numbers are others' now
    } else if (host.ranks.empty() || host.at_ns < attempt_begin_ns_) {
      host.ranks = planned_ranks(index);  // it has said nothing of this attempt yet
      host.at_ns = attempt_begin_ns_;
    }
    if (const auto loss = reports.losses.find(index); loss != reports.losses.end()) {
      host.lost = loss->second.reason;
      host.lost_unix = loss->second.at_unix;
    }
    record.others.push_back(std::move(host));
  }
  return record;
}

CommonEnd OtherHosts::agree_on_end(int attempt, const JobEnd& own, const FailureContext& context) {
  const auto pending = std::make_shared<Pending>();
  const Json mine = {{kEnd, to_json(own, channel_.offset_ns())}, {kContext, to_json(context)}};
  channel_.meet_those_left(stage_name("end", attempt), mine,
                           [pending, &channel = channel_](const HostChannel::Met& met) {
                             const std::lock_guard lock(pending->mutex);
                             pending->met = met;
                             pending->reports = channel.reports();
                             ::eventfd_write(pending->told.get(), 1);
                           });
  const std::optional<Interruption> interruption = wait_for(pending->told.get());
  const std::lock_guard lock(pending->mutex);
  at_end_ = pending->reports;
  CommonEnd common;
  if (const auto* gathering = std::get_if<HostChannel::Gathering>(&*pending->met)) {
    common = union_of(*gathering);
    if (!common.end.interruption) common.end.interruption = interruption;
  } else {
    common.end = own;
    common.contexts.assign(own.outcomes.size(), context);
    common.end.lost_host = std::get<Error>(*pending->met);
  }
  return common;
}

/// Until the descriptor can be read. Returns the signal that came meanwhile, of which the others
/// have been told: they end too.
std::optional<Interruption> OtherHosts::wait_for(int told_fd) {
  const UniqueFd signals = fd_of_blocked_signals();
  std::optional<Interruption> interruption;
  for (;;) {
    pollfd fds[] = {{told_fd, POLLIN, 0}, {signals.get(), POLLIN, 0}};
    if (::poll(fds, 2, -1) < 0) {
      if (errno == EINTR) continue;
      throw system_error(ExitCode::kFailure, "cannot wait for the other hosts", errno);
    }
    if (fds[0].revents != 0) return interruption;
    signalfd_siginfo info{};
    if (::read(signals.get(), &info, sizeof info) != static_cast<ssize_t>(sizeof info)) continue;
    const int signal = static_cast<int>(info.ssi_signo);
    if (interruption) {
      throw Error(
          ExitCode::kFailure,
          fmt::format("{}: the end of the other hosts was not waited for", signal_name(signal)));
    }
    interruption = Interruption{signal, false};
    tell(StopState::kAsked, signal, signal_name(signal));
  }
}

CommonEnd OtherHosts::union_of(const HostChannel::Gathering& gathering) const {
  CommonEnd common;
  common.end.has_checkpoint = false;
  common.end.lost_host = gathering.loss ? gathering.loss : loss_in(gathering.brought);
  int left = 0;
  for (std::size_t host = 0; host < gathering.brought.size(); ++host) {
    if (!gathering.brought[host].is_null()) ++left;
    const JobEnd end = job_end_from(member_in(gathering.brought[host], kEnd));
    const FailureContext context =
        failure_context_from(member_in(gathering.brought[host], kContext));
    for (RankOutcome outcome : end.outcomes) {
      outcome.host = channel_.name_of(static_cast<int>(host));
      common.end.outcomes.push_back(std::move(outcome));
      common.contexts.push_back(context);
    }
    if (!common.end.interruption) common.end.interruption = end.interruption;
    common.end.is_given_up = common.end.is_given_up || end.is_given_up;
    common.end.is_folder_lost = common.end.is_folder_lost || end.is_folder_lost;
    common.end.has_checkpoint = common.end.has_checkpoint || end.has_checkpoint;
    if (!end.port_stranger.empty()) common.end.port_stranger = end.port_stranger;
  }
  common.end.is_enough_left = may_lose_one() && left >= min_hosts_;
  return common;
}

std::optional<Pause> OtherHosts::agree_on_restart(int attempt, const std::optional<Pause>& own) {
  Json mine = Json::object();
  if (own) {
    mine = {{"time_ms", own->time.count()},
            {"number", own->number},
            {"allowed", own->allowed},
            {"is_announced", own->is_announced}};
  }
  const Json first = channel_.meet_those_left(stage_name("restart", attempt), mine).brought.front();
  if (!first.contains("number")) return std::nullopt;
  Pause pause;
  pause.time = std::chrono::milliseconds(integer_in(first, "time_ms"));
  pause.number = static_cast<int>(integer_in(first, "number"));
  pause.allowed = static_cast<int>(integer_in(first, "allowed"));
  pause.is_announced = first.value("is_announced", true);
  return pause;
}

}  // namespace dplaunch
