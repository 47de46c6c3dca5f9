// What is done when a signal comes, a rank ends or time is over: every state and event, without a
// process. That it is done is tested with processes in signals_test, failure_order_test and others.
#include "launcher/process/stop_policy.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <array>
#include <chrono>
#include <optional>
#include <sstream>
#include <string>
#include <variant>
#include <vector>

#include "base/process/signal_name.h"

namespace dplaunch {
namespace {

using std::chrono::milliseconds;

enum class Worker { kCommand, kTrainer };

/// How a policy comes into a state, in words for a failed test.
enum class Before { kRunning, kPreempted, kAsked, kAskedAfterPreemption, kFailed };

enum class Event {
  kInterrupt,  // SIGINT
  kTerm,       // SIGTERM
  kHangUp,     // SIGHUP
  kQuit,       // SIGQUIT
  kPreempt,    // SIGUSR1, which is the preempt signal here
  kOther,      // SIGUSR2, which means nothing to dplaunch
  kContinue,   // SIGCONT
  kSuspend,    // SIGTSTP
  kFailure,    // rank 1 ends with 7
  kCrash,      // rank 1 is killed by SIGSEGV
  kObeyed,     // rank 1 ends with 143
  kSuccess,    // rank 1 ends with 0
  kStall,      // rank 1 hangs
  kGrace,      // the grace is over
  kAllEnded,   // all ranks have ended, and left something behind
  kLeftTime,   // the time for that is over
};
constexpr std::array kEventNames = {"SIGINT",
                                    "SIGTERM",
                                    "SIGHUP",
                                    "SIGQUIT",
                                    "the preempt signal",
                                    "SIGUSR2",
                                    "SIGCONT",
                                    "SIGTSTP",
                                    "a failure",
                                    "a crash",
                                    "code 143",
                                    "success",
                                    "a stall",
                                    "the end of the grace",
                                    "the end of all ranks",
                                    "the end of the time for what is left"};
constexpr std::array kStateNames = {"running", "preempted", "asked", "failed"};
constexpr std::array kBeforeNames = {"running", "preempted", "asked", "asked after a preemption",
                                     "failed"};

RankOutcome rank_end(int exit_code, int signal = 0) {
  RankOutcome outcome;
  outcome.rank = 1;
  outcome.exit_code = exit_code;
  outcome.signal = signal;
  return outcome;
}

StopAction report_to(StopPolicy& policy, Event event) {
  switch (event) {
    case Event::kInterrupt:
      return policy.on_signal(SIGINT);
    case Event::kTerm:
      return policy.on_signal(SIGTERM);
    case Event::kHangUp:
      return policy.on_signal(SIGHUP);
    case Event::kQuit:
      return policy.on_signal(SIGQUIT);
    case Event::kPreempt:
      return policy.on_signal(SIGUSR1);
    case Event::kOther:
      return policy.on_signal(SIGUSR2);
    case Event::kContinue:
      return policy.on_signal(SIGCONT);
    case Event::kSuspend:
      return policy.on_signal(SIGTSTP);
    case Event::kFailure:
      return policy.on_rank_end(rank_end(7));
    case Event::kCrash:
      return policy.on_rank_end(rank_end(0, SIGSEGV));
    case Event::kObeyed:
      return policy.on_rank_end(rank_end(143));
    case Event::kSuccess:
      return policy.on_rank_end(rank_end(0));
    case Event::kStall:
      return policy.on_stall(1);
    case Event::kGrace:
      return policy.on_grace_elapsed();
    case Event::kAllEnded:
      return policy.on_all_ended();
    case Event::kLeftTime:
      return policy.on_left_time_over();
  }
  return {};
}

StopPolicy policy_in(Before before, Worker worker) {
  StopPolicy policy(worker == Worker::kTrainer, SIGUSR1);
  if (before == Before::kPreempted || before == Before::kAskedAfterPreemption) {
    policy.on_signal(SIGUSR1);
  }
  if (before == Before::kAsked || before == Before::kAskedAfterPreemption) {
    policy.on_signal(SIGTERM);
  }
  if (before == Before::kFailed) policy.on_rank_end(rank_end(7));
  return policy;
}

/// Every field of an action, in words, so that a table can be read.
struct Words {
  std::ostringstream text;
  const char* of(Recipient recipient) const {
    if (recipient == Recipient::kWorkerFirst) return "workers first";
    return recipient == Recipient::kGroup ? "groups" : "workers";
  }
  void operator()(std::monostate) { text << "nothing"; }
  void operator()(const AskToStop& ask) {
    text << "ask " << of(ask.recipient) << ": " << signal_name(ask.signal);
    if (ask.request != ask.signal) text << " for " << signal_name(ask.request);
    text << (ask.kills_at_once ? ", kill" : ", grace");
    if (ask.offers_kill) text << ", offer kill";
    text << " (" << ask.reason << ')';
  }
  void operator()(const InsistOnStop& insist) { text << "insist " << of(insist.recipient); }
  void operator()(const KillNow& kill) {
    text << "kill";
    if (!kill.reason.empty()) text << " (" << kill.reason << ')';
  }
  void operator()(const AwaitLeft& await) {
    text << (await.asks ? "ask" : "await") << " what is left, "
         << (await.time == AwaitLeft::Time::kMoment ? "a moment" : "grace");
  }
  void operator()(const LeaveRunning&) { text << "leave what is left"; }
  void operator()(const PassOn& pass_on) { text << "pass on " << signal_name(pass_on.signal); }
  void operator()(const Suspend&) { text << "suspend"; }
  void operator()(const Resume&) { text << "resume"; }
  void operator()(const Explain& explain) { text << "explain " << explain.line; }
};

std::string in_words(const StopAction& action) {
  Words words;
  std::visit([&](const auto& one) { words(one); }, action);
  return words.text.str();
}

struct Row {
  Event event;
  std::string action;
  StopState next;
  bool is_given_up = false;
};

void expect_rows(Worker worker, Before before, const std::array<Row, kEventNames.size()>& rows) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Row& row = rows[i];
    ASSERT_EQ(static_cast<std::size_t>(row.event), i) << "every event has its row";
    StopPolicy policy = policy_in(before, worker);
    const std::string where = std::string(kEventNames[i]) + " when " +
                              kBeforeNames[static_cast<std::size_t>(before)] +
                              (worker == Worker::kTrainer ? ", trainer" : ", command");
    EXPECT_EQ(in_words(report_to(policy, row.event)), row.action) << where;
    EXPECT_STREQ(kStateNames[static_cast<std::size_t>(policy.state())],
                 kStateNames[static_cast<std::size_t>(row.next)])
        << where;
    EXPECT_EQ(policy.is_given_up(), row.is_given_up) << where;
  }
}

constexpr char kMeansNothing[] =
    "explain dplaunch: SIGUSR2 means nothing to the trainer; --preempt-signal SIGUSR2 would make "
    "it write a checkpoint and stop\n";

using enum Event;
using enum StopState;

// docs/resuming.md: a command gets the same signal, but SIGTERM for SIGHUP; its children too, but
// for the preempt signal. When a rank fails the others get SIGTERM and, after the grace, SIGKILL.
TEST(StopPolicy, OfARunningCommand) {
  expect_rows(
      Worker::kCommand, Before::kRunning,
      {{
          {kInterrupt, "ask groups: SIGINT, grace, offer kill (SIGINT)", kAsked},
          {kTerm, "ask workers first: SIGTERM, grace (SIGTERM)", kAsked},
          {kHangUp, "ask workers first: SIGTERM, grace (SIGHUP)", kAsked},
          {kQuit, "ask groups: SIGQUIT, grace (SIGQUIT)", kAsked},
          {kPreempt, "ask workers: SIGUSR1, grace (SIGUSR1, preempted)", kPreempted},
          {kOther, "pass on SIGUSR2", kRunning},
          {kContinue, "resume", kRunning},
          {kSuspend, "suspend", kRunning},
          {kFailure, "ask workers first: SIGTERM, grace (rank 1 failed, exit code 7)", kFailed},
          {kCrash, "ask workers first: SIGTERM, grace (rank 1 failed, killed by SIGSEGV)", kFailed},
          // Nobody had asked it.
          {kObeyed, "ask workers first: SIGTERM, grace (rank 1 failed, exit code 143)", kFailed},
          {kSuccess, "nothing", kRunning},
          {kStall, "ask workers first: SIGTERM, grace (rank 1 hangs)", kFailed},
          {kGrace, "kill", kRunning},
          {kAllEnded, "await what is left, a moment", kRunning},
          {kLeftTime, "ask what is left, a moment", kRunning},
      }});
}

// The trainer stops after its step and writes a checkpoint at SIGTERM, whatever the request was. If
// a rank fails the others are killed at once: they could only wait for it.
TEST(StopPolicy, OfARunningTrainer) {
  expect_rows(
      Worker::kTrainer, Before::kRunning,
      {{
          {kInterrupt, "ask workers: SIGTERM for SIGINT, grace, offer kill (SIGINT)", kAsked},
          {kTerm, "ask workers: SIGTERM, grace (SIGTERM)", kAsked},
          {kHangUp, "ask workers: SIGTERM, grace (SIGHUP)", kAsked},
          {kQuit, "ask workers: SIGTERM for SIGQUIT, grace (SIGQUIT)", kAsked},
          {kPreempt, "ask workers: SIGUSR1, grace (SIGUSR1, preempted)", kPreempted},
          {kOther, kMeansNothing, kRunning},
          {kContinue, "resume", kRunning},
          {kSuspend, "suspend", kRunning},
          {kFailure, "ask workers: SIGTERM, kill (rank 1 failed, exit code 7)", kFailed},
          {kCrash, "ask workers: SIGTERM, kill (rank 1 failed, killed by SIGSEGV)", kFailed},
          {kObeyed, "ask workers: SIGTERM, kill (rank 1 failed, exit code 143)", kFailed},
          {kSuccess, "nothing", kRunning},
          {kStall, "ask workers: SIGTERM, kill (rank 1 hangs)", kFailed},
          {kGrace, "kill", kRunning},
          {kAllEnded, "await what is left, a moment", kRunning},
          {kLeftTime, "ask what is left, a moment", kRunning},
      }});
}

// A batch system announces the end by the preempt signal, perhaps more than once, and sends SIGTERM
// when it has come: that is the first request to stop, with a grace of its own. The children of a
// command are asked with it as well.
TEST(StopPolicy, OfAPreemptedCommand) {
  expect_rows(Worker::kCommand, Before::kPreempted,
              {{
                  {kInterrupt, "ask groups: SIGINT, grace, offer kill (SIGINT)", kAsked},
                  {kTerm, "ask workers first: SIGTERM, grace (SIGTERM)", kAsked},
                  {kHangUp, "ask workers first: SIGTERM, grace (SIGHUP)", kAsked},
                  {kQuit, "ask groups: SIGQUIT, grace (SIGQUIT)", kAsked},
                  {kPreempt, "nothing", kPreempted, true},
                  {kOther, "pass on SIGUSR2", kPreempted},
                  {kContinue, "resume", kPreempted},
                  {kSuspend, "suspend", kPreempted},
                  {kFailure, "nothing", kPreempted},
                  {kCrash, "nothing", kPreempted},
                  {kObeyed, "nothing", kPreempted},
                  {kSuccess, "nothing", kPreempted},
                  {kStall, "nothing", kPreempted},
                  {kGrace, "kill", kPreempted},
                  {kAllEnded, "await what is left, a moment", kPreempted},
                  {kLeftTime, "ask what is left, grace", kPreempted},
              }});
}

// One that fails takes the others with it, because they cannot finish their step without it; with
// 143 it has written its checkpoint.
TEST(StopPolicy, OfAPreemptedTrainer) {
  expect_rows(
      Worker::kTrainer, Before::kPreempted,
      {{
          {kInterrupt, "ask workers: SIGTERM for SIGINT, grace, offer kill (SIGINT)", kAsked},
          {kTerm, "ask workers: SIGTERM, grace (SIGTERM)", kAsked},
          {kHangUp, "ask workers: SIGTERM, grace (SIGHUP)", kAsked},
          {kQuit, "ask workers: SIGTERM for SIGQUIT, grace (SIGQUIT)", kAsked},
          {kPreempt, "nothing", kPreempted, true},
          {kOther, kMeansNothing, kPreempted},
          {kContinue, "resume", kPreempted},
          {kSuspend, "suspend", kPreempted},
          {kFailure, "kill", kPreempted},
          {kCrash, "kill", kPreempted},
          {kObeyed, "nothing", kPreempted},
          {kSuccess, "nothing", kPreempted},
          {kStall, "nothing", kPreempted},
          {kGrace, "kill", kPreempted},
          {kAllEnded, "await what is left, a moment", kPreempted},
          {kLeftTime, "ask what is left, grace", kPreempted},
      }});
}

// Only SIGINT asks for more than the first request did: SIGTERM and SIGHUP come twice for one. They
// are new to those alone that took no notice of SIGINT. Nobody who asks again waits for a restart.
// That is the same whether a rank's failure, the user or a batch system was the first to end the
// job.
TEST(StopPolicy, OfACommandThatIsEndingAlready) {
  for (const Before before : {Before::kAsked, Before::kAskedAfterPreemption, Before::kFailed}) {
    const StopState same = before == Before::kFailed ? kFailed : kAsked;
    expect_rows(Worker::kCommand, before,
                {{
                    {kInterrupt, "kill (SIGINT)", same, true},
                    {kTerm, "insist workers first", same, true},
                    {kHangUp, "insist workers first", same, true},
                    {kQuit, "kill (SIGQUIT)", same, true},
                    {kPreempt, "nothing", same, true},
                    {kOther, "pass on SIGUSR2", same},
                    {kContinue, "resume", same},
                    {kSuspend, "suspend", same},
                    {kFailure, "nothing", same},
                    {kCrash, "nothing", same},
                    {kObeyed, "nothing", same},
                    {kSuccess, "nothing", same},
                    {kStall, "nothing", same},
                    {kGrace, "kill", same},
                    {kAllEnded, "await what is left, a moment", same},
                    {kLeftTime, "ask what is left, grace", same},
                }});
  }
}

TEST(StopPolicy, OfATrainerThatIsEndingAlready) {
  for (const Before before : {Before::kAsked, Before::kAskedAfterPreemption, Before::kFailed}) {
    const StopState same = before == Before::kFailed ? kFailed : kAsked;
    expect_rows(Worker::kTrainer, before,
                {{
                    {kInterrupt, "kill (SIGINT)", same, true},
                    {kTerm, "insist workers", same, true},
                    {kHangUp, "insist workers", same, true},
                    {kQuit, "kill (SIGQUIT)", same, true},
                    {kPreempt, "nothing", same, true},
                    {kOther, kMeansNothing, same},
                    {kContinue, "resume", same},
                    {kSuspend, "suspend", same},
                    {kFailure, "kill", same},
                    {kCrash, "kill", same},
                    {kObeyed, "nothing", same},
                    {kSuccess, "nothing", same},
                    {kStall, "nothing", same},
                    {kGrace, "kill", same},
                    {kAllEnded, "await what is left, a moment", same},
                    {kLeftTime, "ask what is left, grace", same},
                }});
  }
}

// docs/resuming.md: where --preempt-signal is INT or TERM, that is the first request.
TEST(StopPolicy, TakesAnySignalForThePreemption) {
  struct Sequence {
    int preempt_signal;
    std::vector<int> signals;
    std::vector<std::string> actions;
    bool is_given_up;
  };
  const Sequence sequences[] = {
      // The user's Ctrl-C remains what it is: the second asks, the third kills.
      {SIGINT,
       {SIGINT, SIGINT, SIGINT},
       {"ask workers: SIGINT, grace (SIGINT, preempted)",
        "ask groups: SIGINT, grace, offer kill (SIGINT)", "kill (SIGINT)"},
       true},
      {SIGINT,
       {SIGINT, SIGTERM, SIGTERM},
       {"ask workers: SIGINT, grace (SIGINT, preempted)",
        "ask workers first: SIGTERM, grace (SIGTERM)", "insist workers first"},
       true},
      {SIGTERM,
       {SIGTERM, SIGTERM, SIGINT, SIGINT},
       {"ask workers: SIGTERM, grace (SIGTERM, preempted)", "nothing",
        "ask groups: SIGINT, grace, offer kill (SIGINT)", "kill (SIGINT)"},
       true},
      {SIGHUP,
       {SIGHUP, SIGHUP},
       {"ask workers: SIGHUP, grace (SIGHUP, preempted)", "nothing"},
       true},
      // Once it was the announcement, it suspends again.
      {SIGTSTP,
       {SIGTSTP, SIGTSTP, SIGCONT},
       {"ask workers: SIGTSTP, grace (SIGTSTP, preempted)", "suspend", "resume"},
       false},
      {SIGCONT,
       {SIGCONT, SIGCONT},
       {"ask workers: SIGCONT, grace (SIGCONT, preempted)", "nothing"},
       true},
      {SIGUSR2,
       {SIGUSR1, SIGUSR2},
       {"pass on SIGUSR1", "ask workers: SIGUSR2, grace (SIGUSR2, preempted)"},
       false},
      {0, {SIGUSR1, SIGUSR2}, {"pass on SIGUSR1", "pass on SIGUSR2"}, false},
  };
  for (const Sequence& sequence : sequences) {
    StopPolicy policy(/*is_own_worker=*/false, sequence.preempt_signal);
    for (std::size_t i = 0; i < sequence.signals.size(); ++i) {
      EXPECT_EQ(in_words(policy.on_signal(sequence.signals[i])), sequence.actions[i])
          << "signal " << i << " with the preempt signal " << sequence.preempt_signal;
    }
    EXPECT_EQ(policy.is_given_up(), sequence.is_given_up) << sequence.preempt_signal;
  }
}

// A batch system may signal every process of a job: which is noticed first does not matter.
TEST(StopPolicy, TakesARankThatThePreemptSignalReachedForThePreemption) {
  const std::pair<bool, RankOutcome> ends[] = {
      {false, rank_end(0, SIGUSR1)}, {true, rank_end(0, SIGUSR1)}, {true, rank_end(75)}};
  for (const auto& [is_own_worker, end] : ends) {
    StopPolicy policy(is_own_worker, SIGUSR1);
    EXPECT_EQ(in_words(policy.on_rank_end(end)),
              "ask workers: SIGUSR1, grace (SIGUSR1, preempted)");
    EXPECT_EQ(policy.interruption(), (Interruption{SIGUSR1, true}));
    EXPECT_EQ(in_words(policy.on_rank_end(end)), "nothing") << "another rank, for the same reason";
  }
  // What 75 means is known of the trainer alone.
  EXPECT_EQ(StopPolicy(false, SIGUSR1).is_preempted(rank_end(75)), false);
  EXPECT_EQ(StopPolicy(false, 0).is_preempted(rank_end(0)), false);
}

// docs/exit-codes.md: 130, 143 and 129 by the first signal; 75 for a preemption, also when the
// batch system ends it by SIGTERM; the rank's own code where a rank failed first.
TEST(StopPolicy, KeepsTheFirstInterruption) {
  struct Sequence {
    std::vector<Event> events;
    std::optional<Interruption> interruption;
  };
  const Sequence sequences[] = {
      {{}, std::nullopt},
      {{kOther, kContinue, kSuspend, kSuccess}, std::nullopt},
      {{kInterrupt}, Interruption{SIGINT, false}},
      {{kTerm}, Interruption{SIGTERM, false}},
      {{kHangUp}, Interruption{SIGHUP, false}},
      {{kPreempt}, Interruption{SIGUSR1, true}},
      {{kInterrupt, kTerm}, Interruption{SIGINT, false}},
      {{kTerm, kPreempt}, Interruption{SIGTERM, false}},
      {{kPreempt, kTerm, kInterrupt}, Interruption{SIGUSR1, true}},
      {{kInterrupt, kFailure}, Interruption{SIGINT, false}},
      {{kFailure, kInterrupt}, std::nullopt},
      {{kFailure, kPreempt}, std::nullopt},
      {{kStall, kTerm}, std::nullopt},
  };
  for (const Sequence& sequence : sequences) {
    for (const bool is_own_worker : {false, true}) {
      StopPolicy policy(is_own_worker, SIGUSR1);
      std::string events;
      for (const Event event : sequence.events) {
        report_to(policy, event);
        events += std::string(kEventNames[static_cast<std::size_t>(event)]) + ", ";
      }
      EXPECT_EQ(policy.interruption(), sequence.interruption) << events;
    }
  }
}

// A script's `&` has SIGINT ignored. `dplaunch stop --now` sends SIGTERM and then SIGINT.
TEST(StopPolicy, PassesOverAnInterruptThatWasIgnoredAtTheStartUntilTheJobEnds) {
  for (const int first : {0, SIGUSR1}) {
    StopPolicy policy(/*is_own_worker=*/false, SIGUSR1, /*ignores_interrupt=*/true);
    if (first != 0) policy.on_signal(first);
    EXPECT_EQ(in_words(policy.on_signal(SIGINT)), "nothing");
    EXPECT_EQ(in_words(policy.on_signal(SIGTERM)), "ask workers first: SIGTERM, grace (SIGTERM)");
    EXPECT_EQ(in_words(policy.on_signal(SIGINT)), "kill (SIGINT)");
  }
  StopPolicy chosen(/*is_own_worker=*/false, SIGINT, /*ignores_interrupt=*/true);
  EXPECT_EQ(in_words(chosen.on_signal(SIGINT)), "ask workers: SIGINT, grace (SIGINT, preempted)");
}

/// All of them, in turn, after the end of all ranks.
std::string after_the_end(StopPolicy& policy, const std::vector<Event>& events) {
  std::string actions = in_words(policy.on_all_ended());
  for (const Event event : events) actions += "; " + in_words(report_to(policy, event));
  return actions;
}

// What ranks leave behind is asked and then killed. How the job ended is settled by then: a signal
// only says that nobody waits for it, or for a restart.
TEST(StopPolicy, OfWhatIsLeftWhenAllRanksHaveEnded) {
  struct Sequel {
    Before before;
    std::vector<Event> events;
    std::string actions;
    bool is_given_up;
  };
  const std::string first = "await what is left, a moment";
  const Sequel sequels[] = {
      {Before::kRunning, {kLeftTime, kLeftTime}, "; ask what is left, a moment; kill", false},
      {Before::kRunning,
       {kTerm, kTerm, kLeftTime},
       "; ask what is left, a moment; nothing; kill",
       true},
      {Before::kRunning, {kHangUp}, "; ask what is left, a moment", true},
      {Before::kRunning, {kInterrupt}, "; kill", true},
      {Before::kRunning, {kQuit}, "; kill", true},
      {Before::kRunning, {kPreempt}, "; nothing", true},
      {Before::kRunning, {kOther, kSuspend, kContinue}, "; nothing; suspend; resume", false},
      {Before::kRunning, {kStall}, "; nothing", false},
      {Before::kAsked, {kLeftTime, kLeftTime}, "; ask what is left, grace; kill", false},
      {Before::kFailed, {kLeftTime, kLeftTime}, "; ask what is left, grace; kill", false},
      {Before::kFailed, {kTerm}, "; ask what is left, grace", true},
      {Before::kPreempted, {kLeftTime, kLeftTime}, "; ask what is left, grace; kill", false},
  };
  for (const Sequel& sequel : sequels) {
    StopPolicy policy = policy_in(sequel.before, Worker::kCommand);
    const StopState state = policy.state();
    const std::optional<Interruption> interruption = policy.interruption();
    EXPECT_EQ(after_the_end(policy, sequel.events), first + sequel.actions);
    EXPECT_EQ(policy.is_given_up(), sequel.is_given_up) << sequel.actions;
    EXPECT_EQ(policy.state(), state) << sequel.actions;
    EXPECT_EQ(policy.interruption(), interruption) << sequel.actions;
  }
  StopPolicy killed = policy_in(Before::kAsked, Worker::kCommand);
  killed.on_grace_elapsed();
  EXPECT_EQ(after_the_end(killed, {kLeftTime}), first + "; kill")
      << "it was asked by the first kill";
}

TEST(StopPolicy, LeavesRunningWhatIsLeftAfterASuccessAlone) {
  const auto policy = [] { return StopPolicy(false, SIGUSR1, false, /*leaves_running=*/true); };
  StopPolicy succeeded = policy();
  EXPECT_EQ(in_words(succeeded.on_all_ended()), "leave what is left");
  StopPolicy failed = policy();
  failed.on_rank_end(rank_end(7));
  EXPECT_EQ(in_words(failed.on_all_ended()), "await what is left, a moment");
  StopPolicy asked = policy();
  asked.on_signal(SIGTERM);
  EXPECT_EQ(in_words(asked.on_all_ended()), "await what is left, a moment");
}

// A command's children outlive a request by SIGTERM until their program has saved its work.
TEST(StopPolicy, AsksOrphansOnceTermIsSent) {
  EXPECT_FALSE(policy_in(Before::kRunning, Worker::kCommand).asks_orphans());
  EXPECT_FALSE(policy_in(Before::kPreempted, Worker::kCommand).asks_orphans());
  EXPECT_TRUE(policy_in(Before::kAsked, Worker::kCommand).asks_orphans());
  EXPECT_TRUE(policy_in(Before::kFailed, Worker::kCommand).asks_orphans());
  EXPECT_FALSE(policy_in(Before::kAsked, Worker::kTrainer).asks_orphans());
  StopPolicy interrupted = policy_in(Before::kRunning, Worker::kCommand);
  interrupted.on_signal(SIGINT);
  EXPECT_FALSE(interrupted.asks_orphans()) << "they have got it, as in a shell";
  interrupted.on_signal(SIGTERM);
  EXPECT_TRUE(interrupted.asks_orphans());
}

TEST(StopPolicy, DoesAsAnotherHostDoes) {
  StopPolicy running(true, SIGUSR1);
  const StopAction failed = running.on_other_host(StopState::kFailed, 0, "host 1: rank 3 failed");
  EXPECT_EQ(in_words(failed), "ask workers: SIGTERM, kill (host 1: rank 3 failed)");
  EXPECT_EQ(running.state(), StopState::kFailed);
  EXPECT_EQ(running.interruption(), std::nullopt);
  EXPECT_EQ(in_words(running.on_other_host(StopState::kAsked, SIGINT, "host 2: SIGINT")),
            "nothing");

  StopPolicy asked(false, SIGUSR1);
  EXPECT_EQ(in_words(asked.on_other_host(StopState::kAsked, SIGINT, "host 2: SIGINT")),
            "ask groups: SIGINT, grace, offer kill (host 2: SIGINT)");
  EXPECT_EQ(asked.interruption(), (Interruption{SIGINT, false}));

  StopPolicy preempted(true, SIGUSR1);
  EXPECT_EQ(in_words(preempted.on_other_host(StopState::kPreempted, SIGUSR1, "host 2: SIGUSR1")),
            "ask workers: SIGUSR1, grace (host 2: SIGUSR1)");
  EXPECT_EQ(preempted.interruption(), (Interruption{SIGUSR1, true}));
  EXPECT_EQ(in_words(preempted.on_other_host(StopState::kFailed, 0, "host 1: rank 3 failed")),
            "ask workers: SIGTERM, kill (host 1: rank 3 failed)")
      << "its collectives cannot end";
}

TEST(StopPolicy, AnnouncesWhatItDoes) {
  StopPolicy command(/*is_own_worker=*/false, SIGUSR1);
  const auto asked = [](const StopAction& action, std::size_t ranks) {
    return announcement(std::get<AskToStop>(action), ranks, milliseconds(10000));
  };
  EXPECT_EQ(asked(command.on_signal(SIGUSR1), 2),
            "dplaunch: SIGUSR1, preempted: stopping 2 ranks, killing after 10 s\n");
  EXPECT_EQ(asked(command.on_signal(SIGINT), 1),
            "dplaunch: SIGINT: stopping 1 rank, killing after 10 s; Ctrl-C again kills at once\n");
  EXPECT_EQ(announcement(std::get<KillNow>(command.on_signal(SIGINT)), 1),
            "dplaunch: SIGINT: killing 1 rank now\n");
  EXPECT_EQ(announcement(std::get<KillNow>(command.on_grace_elapsed()), 1), "");
  StopPolicy trainer(/*is_own_worker=*/true, 0);
  EXPECT_EQ(asked(trainer.on_rank_end(rank_end(0, SIGKILL)), 3),
            "dplaunch: rank 1 failed, killed by SIGKILL: stopping 3 ranks\n");
}

}  // namespace
}  // namespace dplaunch
