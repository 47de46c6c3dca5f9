// What a job's end means: the result, the exit code, and whether a failure is news.
#include "launcher/report/job_end.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <utility>

#include "base/exit_code.h"
#include "launcher/report/root_cause.h"

namespace dplaunch {
namespace {

RankOutcome exited(int code) {
  RankOutcome outcome;
  outcome.exit_code = code;
  outcome.ended_ns = 1;
  return outcome;
}

RankOutcome killed(int signal) {
  RankOutcome outcome;
  outcome.signal = signal;
  outcome.ended_ns = 1;
  return outcome;
}

RankOutcome told(RankOutcome outcome, int stop_signal) {
  outcome.is_stopped_by_launcher = true;
  outcome.stop_signal = stop_signal;
  return outcome;
}

RankOutcome recorded(RankOutcome outcome, int code, bool is_consequence) {
  outcome.record.emplace();
  outcome.record->exit_code = code;
  outcome.record->is_consequence = is_consequence;
  return outcome;
}

RankOutcome stalled(RankOutcome outcome) {
  outcome.stall = "at epoch 1, step 2 for 30 s";
  return outcome;
}

JobEnd ended(std::vector<RankOutcome> outcomes, int interrupted_by = 0, bool is_preempted = false) {
  JobEnd end;
  end.outcomes = std::move(outcomes);
  end.interrupted_by = interrupted_by;
  end.is_preempted = is_preempted;
  return end;
}

JobEnd before_restart(JobEnd end) {
  end.was_to_restart = true;
  return end;
}

struct Case {
  const char* name;
  JobEnd end;
  bool is_own_worker;
  JobResult result;
  int exit_code;
  std::optional<std::size_t> root_cause;
};

TEST(JobEnd, MeansThis) {
  const auto none = std::nullopt;
  const Case cases[] = {
      {"all done", ended({exited(0), exited(0)}), false, JobResult::kSuccess, 0, none},
      {"one failed", ended({told(killed(SIGTERM), SIGTERM), exited(7)}), false, JobResult::kFailed,
       7, 1},
      {"one was killed", ended({killed(SIGSEGV)}), false, JobResult::kFailed, 139, 0},
      {"one stood still", ended({stalled(told(killed(SIGTERM), SIGTERM))}), true,
       JobResult::kFailed, 6, 0},
      {"Ctrl-C, obeyed", ended({told(killed(SIGINT), SIGINT)}, SIGINT), false, JobResult::kStopped,
       130, none},
      {"Ctrl-C, a command that ends well says nothing of being done",
       ended({told(exited(0), SIGINT)}, SIGINT), false, JobResult::kStopped, 130, none},
      {"Ctrl-C, when the own workers had come to their end",
       ended({told(exited(0), SIGINT)}, SIGINT), true, JobResult::kSuccess, 0, none},
      {"Ctrl-C, and a traceback of KeyboardInterrupt", ended({told(exited(1), SIGINT)}, SIGINT),
       false, JobResult::kStopped, 130, none},
      {"Ctrl-C, and a failure that a rank recorded",
       ended({recorded(told(exited(4), SIGINT), 4, false)}, SIGINT), false, JobResult::kStopped,
       130, 0},
      {"Ctrl-C, and a rank that missed another",
       ended({recorded(told(exited(5), SIGINT), 5, true)}, SIGINT), true, JobResult::kStopped, 130,
       none},
      {"SIGTERM", ended({told(killed(SIGTERM), SIGTERM)}, SIGTERM), true, JobResult::kStopped, 143,
       none},
      {"SIGHUP", ended({told(killed(SIGTERM), SIGTERM)}, SIGHUP), true, JobResult::kStopped, 129,
       none},
      {"preempted, died of it", ended({told(killed(SIGUSR1), SIGUSR1)}, 0, true), false,
       JobResult::kPreempted, 75, none},
      {"preempted, saved and left", ended({told(exited(0), SIGUSR1)}, 0, true), false,
       JobResult::kPreempted, 75, none},
      {"preempted after the end", ended({told(exited(0), SIGUSR1)}, 0, true), true,
       JobResult::kSuccess, 0, none},
      {"preempted, and killed after the grace", ended({told(killed(SIGKILL), SIGUSR1)}, 0, true),
       true, JobResult::kPreempted, 75, none},
      {"preempted, when one had failed before",
       ended({exited(9), told(exited(0), SIGUSR1)}, 0, true), false, JobResult::kFailed, 9, 0},
      {"preempted before a restart: the failure was not the end",
       before_restart(ended({exited(9)}, 0, true)), false, JobResult::kPreempted, 75, 0},
      {"Ctrl-C before a restart", before_restart(ended({exited(9)}, SIGINT)), false,
       JobResult::kStopped, 130, 0},
      {"preempted, and one could not write its checkpoint",
       ended({recorded(told(exited(7), SIGUSR1), 7, false), told(exited(0), SIGUSR1)}, 0, true),
       true, JobResult::kFailed, 7, 0},
  };
  for (const Case& one : cases) {
    const Verdict verdict = judge(one.end, one.is_own_worker);
    EXPECT_STREQ(result_name(verdict.result), result_name(one.result)) << one.name;
    EXPECT_EQ(verdict.exit_code, one.exit_code) << one.name;
    EXPECT_EQ(verdict.root_cause, one.root_cause) << one.name;
  }
}

TEST(ExitCodeOfARank, IsWhatAShellWouldSayButForAStallAndARecord) {
  struct Row {
    RankOutcome outcome;
    int exit_code;
  };
  const Row rows[] = {
      {exited(0), 0},
      {exited(255), 255},
      {killed(SIGHUP), 129},
      {killed(SIGKILL), 137},
      {killed(64), 192},
      {stalled(exited(0)), to_int(ExitCode::kStall)},
      {stalled(killed(SIGKILL)), to_int(ExitCode::kStall)},
      // It failed by itself: its own code, whatever it wrote before.
      {recorded(exited(9), 4, false), 9},
      // It had failed, was slow to leave and was killed: the code that it wrote down.
      {recorded(told(killed(SIGKILL), SIGTERM), 4, false), 4},
      {recorded(told(exited(143), SIGTERM), 4, false), 4},
      // A record without a code says nothing.
      {recorded(told(killed(SIGKILL), SIGTERM), 0, false), 137},
      // It crashed on the way out.
      {recorded(told(killed(SIGSEGV), SIGTERM), 4, false), 139},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(exit_code_of(row.outcome), row.exit_code)
        << "exit code " << row.outcome.exit_code << ", signal " << row.outcome.signal;
  }
}

}  // namespace
}  // namespace dplaunch
