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
  kAsked,      ///< SIGINT, SIGTERM or SIGHUP came, perhaps after a preemption
  kFailed,     ///< a rank failed, or hung and the job was not to wait for it
};

/// Who of a rank gets a signal.
enum class Recipient {
  kWorker,  ///< the worker alone, if it still runs
  kGroup,   ///< its process group, which may outlive it
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

/// Kill all ranks' process groups.
struct KillNow {
  std::string reason;  ///< for the user; empty: nothing is to be said
  bool operator==(const KillNow&) const = default;
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
using StopAction = std::variant<std::monostate, AskToStop, InsistOnStop, KillNow, PassOn, Suspend,
                                Resume, Explain>;

/// Decides how a job is brought to its end: what to do when a signal comes, a rank ends, or time is
/// over. It knows no process, clock or stream; whoever asks it performs its answers.
class StopPolicy {
 public:
  /// `is_own_worker` as in LaunchPlan; `preempt_signal` 0: none.
  StopPolicy(bool is_own_worker, int preempt_signal)
      : is_own_worker_(is_own_worker), preempt_signal_(preempt_signal) {}

  /// SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGCONT, SIGUSR1, SIGUSR2 or the preempt signal came.
  StopAction on_signal(int signal);
  /// A rank ended, well or not.
  StopAction on_rank_end(const RankOutcome& outcome);
  /// Whether a rank ended because the preempt signal reached it, from whomever: the same request as
  /// one to the launcher.
  bool is_preempted(const RankOutcome& outcome) const;
  /// Another folder has taken the place of the run's own.
  StopAction on_folder_lost(const std::string& folder);
  /// A rank hangs, and the job is not to wait for it.
  StopAction on_stall(int rank);
  /// The time is over that AskToStop gave.
  StopAction on_grace_elapsed();

  StopState state() const { return state_; }
  /// What ended the job from outside, if that was the first that ended it.
  std::optional<Interruption> interruption() const { return interruption_; }
  /// Somebody asked for the end of a job that was ending already: it is not to be restarted.
  bool is_given_up() const { return is_given_up_; }

 private:
  StopAction pass_on(int signal) const;
  AskToStop preempt();
  StopAction on_stop_signal(int signal);
  AskToStop ask_to_stop(StopState state, int request, std::string reason);
  Recipient recipient() const;

  bool is_own_worker_;
  int preempt_signal_;
  StopState state_ = StopState::kRunning;
  std::optional<Interruption> interruption_;
  bool is_given_up_ = false;
};

/// What the user reads when that many ranks are asked, with its line end.
std::string announcement(const AskToStop& ask, std::size_t ranks, std::chrono::milliseconds grace);
/// The same of ranks that are killed; empty if nothing is to be said.
std::string announcement(const KillNow& kill, std::size_t ranks);

}  // namespace dplaunch
