#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "launcher/hosts/host_channel.h"
#include "launcher/plan/launch_plan.h"
#include "launcher/process/restarts.h"
#include "launcher/process/stop_policy.h"
#include "launcher/report/job_end.h"
#include "launcher/report/likely_cause.h"
#include "launcher/runs/hosts_file.h"

namespace dplaunch {

/// Why the ranks of another host make those of this one end.
struct HostStop {
  StopState state = StopState::kFailed;
  int signal = 0;      ///< of kAsked and kPreempted
  std::string reason;  ///< for the user, with the host's name
};

/// How a job ended on all of its hosts, as each of them sees it.
struct CommonEnd {
  JobEnd end;                            ///< ranks of all hosts
  std::vector<FailureContext> contexts;  ///< of each outcome's host
};

/// A job's other hosts, for the launcher of this one while ranks run. On the main thread.
class OtherHosts {
 public:
  /// `plan`: of this host, for all of them.
  OtherHosts(HostChannel& channel, const LaunchPlan& plan);

  /// The same plan for the hosts that are left before attempt `attempt`, all of which meet here.
  /// Says on `err` which they are, if any is missing. Throws Error(kRendezvous) if they are too
  /// few, as HostChannel::meet() where none may be.
  LaunchPlan plan_for_those_left(LaunchPlan plan, int attempt, std::ostream& err);

  /// All hosts are ready to start the ranks of attempt `attempt`: returns host 0's port. `port` is
  /// that where this is host 0. Throws as HostChannel::meet().
  int meet_to_start(int attempt, int port);
  /// From here on signals are for the supervisor, which has its handlers by now.
  void leave_signals() { channel_.hear_signals(false); }

  /// `on_stop` is called, on the channel's thread, when another host's ranks stop; nullptr: no
  /// more.
  void listen(std::function<void(const HostStop&)> on_stop);
  /// This host's ranks stop: the others' are to stop as well.
  void tell(StopState state, int signal, const std::string& reason);

  /// How this host's ranks get on, for the others.
  void report(std::vector<RankProgress> ranks);
  /// What they said last of theirs; when all have ended, at that moment.
  HostsRecord progress() const;
  /// How often that has changed.
  int changes() const { return channel_.report_changes(); }

  /// Waits until the ranks of all hosts have ended, and says how. Meanwhile a signal that would end
  /// this launcher ends all; a second one ends the waiting.
  CommonEnd agree_on_end(int attempt, const JobEnd& own, const FailureContext& context);
  /// What host 0 decides about another attempt.
  std::optional<Pause> agree_on_restart(int attempt, const std::optional<Pause>& own);

  /// What forks: no other thread runs meanwhile (HostChannel::Pause).
  void while_paused(const std::function<void()>& action);

 private:
  std::vector<Json> meet(const std::string& stage, const Json& mine);
  std::optional<Error> loss_in(const std::vector<Json>& met) const;
  bool may_lose_one() const;
  std::optional<Interruption> wait_for(int told_fd);
  CommonEnd union_of(const HostChannel::Gathering& gathering) const;
  std::vector<RankProgress> planned_ranks(int host) const;

  HostChannel& channel_;
  int min_hosts_;
  std::vector<int> processes_;  ///< of each host
  std::vector<int> present_;    ///< their indexes; a host that is lost for one attempt stays so
  int attempt_ = 0;
  std::int64_t attempt_begin_ns_ = 0;  ///< monotonic_ns()
  int first_rank_ = -1;                ///< of this host, in the reports
  std::optional<HostChannel::Reports> at_end_;
};

}  // namespace dplaunch
