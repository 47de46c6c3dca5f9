#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <variant>

#include "launcher/report/job_end.h"
#include "launcher/report/rank_outcome.h"

namespace dplaunch {

/// Whether a job is being ended, and what was the reason.
enum class StopState {
  kRunning,
  kPreempted,  ///< the preempt signal came
  kAsked,      ///< SIGINT, SIGTERM, SIGHUP or SIGQUIT came, perhaps after a preemption
  kFailed,     ///< a rank failed, or hung and the job was not to wait for it
};

/// Who of a rank gets a signal.
enum class Recipient {
  kWorker,       ///< the worker alone, if it still runs
  kWorkerFirst,  ///< the worker, and when it has ended what it leaves in its process group
  kGroup,        ///< its process group, which may outlive it
};

/// Ask all ranks to end, say so, and kill them when the time is over that they have for it. If none
/// is alive any more, there is nothing to say, and no time to wait for.
struct AskToStop {
  int request = 0;  ///< the signal that stands for the request in a rank's outcome
  int signal = 0;   ///< the signal that is sent
  Recipient recipient = Recipient::kWorker;
  bool kills_at_once = false;  ///< after the grace otherwise
  bool offers_kill = false;    ///< another Ctrl-C would kill at once
  std::string reason;          ///< for the user: "SIGTERM", "rank 1 failed, exit code 7"
  bool operator==(const AskToStop&) const = default;
};

/// Send SIGTERM to the ranks that still run although they were asked with SIGINT.
struct InsistOnStop {
  Recipient recipient = Recipient::kWorker;
  bool operator==(const InsistOnStop&) const = default;
};

/// Kill the ranks that still run; or, where all have ended, what they left behind.
struct KillNow {
  std::string reason;  ///< for the user; empty: nothing is to be said
  bool operator==(const KillNow&) const = default;
};

/// All ranks have ended, and processes of theirs are left: give them time to end.
struct AwaitLeft {
  enum class Time {
    kMoment,  ///< SupervisionOptions::moment
    kGrace,   ///< the rest of the grace, if that is more
  };
  bool asks = false;  ///< by SIGTERM, first
  Time time = Time::kMoment;
  bool operator==(const AwaitLeft&) const = default;
};

/// What all ranks have left behind lives on.
struct LeaveRunning {
  bool operator==(const LeaveRunning&) const = default;
};

/// Pass a signal on to the workers that still run.
struct PassOn {
  int signal = 0;
  bool operator==(const PassOn&) const = default;
};

/// Stop the ranks' process groups and the launcher itself, as Ctrl-Z does.
struct Suspend {
  bool operator==(const Suspend&) const = default;
};

/// Let the ranks' process groups go on.
struct Resume {
  bool operator==(const Resume&) const = default;
};

/// Show this line to the user.
struct Explain {
  std::string line;
  bool operator==(const Explain&) const = default;
};

/// What is to be done about an event; std::monostate: nothing.
using StopAction = std::variant<std::monostate, AskToStop, InsistOnStop, KillNow, AwaitLeft,
                                LeaveRunning, PassOn, Suspend, Resume, Explain>;

/// Decides how a job is brought to its end: what to do when a signal comes, a rank ends, or time is
/// over. It knows no process, clock or stream; whoever asks it performs its answers.
class StopPolicy {
 public:
  /// `is_own_worker` as in LaunchPlan; `preempt_signal` 0: none. `ignores_interrupt`: SIGINT was
  /// ignored at the start, and asks for nothing, unless the job is ending already: `dplaunch stop
  /// --now` sends it then.
  /// `leaves_running`: what is left after a success lives on.
  StopPolicy(bool is_own_worker, int preempt_signal, bool ignores_interrupt = false,
             bool leaves_running = false)
      : is_own_worker_(is_own_worker),
        preempt_signal_(preempt_signal),
        ignores_interrupt_(ignores_interrupt),
        leaves_running_(leaves_running) {}

  /// SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT, SIGUSR1, SIGUSR2 or the preempt signal
  /// came.
  StopAction on_signal(int signal);
  /// A rank ended, well or not.
  StopAction on_rank_end(const RankOutcome& outcome);
  /// Whether a rank ended because the preempt signal reached it, from whomever: the same request as
  /// one to the launcher.
  bool is_preempted(const RankOutcome& outcome) const;
  /// The ranks of another host stop, for that reason; `signal` of kAsked and kPreempted.
  StopAction on_other_host(StopState state, int signal, const std::string& reason);
  /// Another folder has taken the place of the run's own.
  StopAction on_folder_lost(const std::string& folder);
  /// A rank hangs, and the job is not to wait for it.
  StopAction on_stall(int rank);
  /// The time is over that AskToStop gave.
  StopAction on_grace_elapsed();
  /// All ranks have ended, and something of theirs still runs. How the job ended is settled: what
  /// comes from now on only says how long that is waited for.
  StopAction on_all_ended();
  /// The time is over that AwaitLeft gave.
  StopAction on_left_time_over();

  /// What a rank leaves behind in its process group is to be asked to end as soon as it has ended.
  bool asks_orphans() const { return has_sent_term_ && !is_own_worker_; }
  StopState state() const { return state_; }
  /// What ended the job from outside, if that was the first that ended it.
  std::optional<Interruption> interruption() const { return interruption_; }
  /// Somebody asked for the end of a job that was ending already: it is not to be restarted.
  bool is_given_up() const { return is_given_up_; }

 private:
  StopAction pass_on(int signal) const;
  AskToStop preempt();
  StopAction on_stop_signal(int signal);
  StopAction on_late_signal(int signal);
  AskToStop ask_to_stop(StopState state, int request, std::string reason);
  KillNow kill(std::string reason);
  AwaitLeft ask_left();
  Recipient recipient(int signal) const;

  bool is_own_worker_;
  int preempt_signal_;
  bool ignores_interrupt_;
  bool leaves_running_;
  StopState state_ = StopState::kRunning;
  std::optional<Interruption> interruption_;
  bool is_given_up_ = false;
  bool has_sent_term_ = false;
  bool is_killing_ = false;
  bool have_all_ended_ = false;
  bool has_asked_left_ = false;
};

/// What the user reads when that many ranks are asked, with its line end.
std::string announcement(const AskToStop& ask, std::size_t ranks, std::chrono::milliseconds grace);
/// The same of ranks that are killed; empty if nothing is to be said.
std::string announcement(const KillNow& kill, std::size_t ranks);

}  // namespace dplaunch
