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

RankOutcome killed_by(int signal) {
  RankOutcome outcome;
  outcome.signal = signal;
  outcome.ended_ns = 1;
  return outcome;
}

RankOutcome asked(RankOutcome outcome, int stop_signal) {
  outcome.is_stopped_by_launcher = true;
  outcome.stop_signal = stop_signal;
  return outcome;
}

RankOutcome with_record(RankOutcome outcome, int code, bool is_consequence) {
  outcome.record.emplace();
  outcome.record->exit_code = code;
  outcome.record->is_consequence = is_consequence;
  return outcome;
}

RankOutcome stalled(RankOutcome outcome) {
  outcome.stall = "at epoch 1, step 2 for 30 s";
  return outcome;
}

constexpr Interruption kPreempted{SIGUSR1, /*is_preemption=*/true};

Interruption by(int signal) {
  return {signal, /*is_preemption=*/false};
}

JobEnd ended(std::vector<RankOutcome> outcomes, std::optional<Interruption> interruption = {}) {
  JobEnd end;
  end.outcomes = std::move(outcomes);
  end.interruption = interruption;
  return end;
}

JobEnd without_checkpoint(JobEnd end) {
  end.has_checkpoint = false;
  return end;
}

JobEnd without_folder(JobEnd end) {
  end.is_folder_lost = true;
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
      {"one failed", ended({asked(killed_by(SIGTERM), SIGTERM), exited(7)}), false,
       JobResult::kFailed, 7, 1},
      {"one was killed", ended({killed_by(SIGSEGV)}), false, JobResult::kFailed, 139, 0},
      {"one hung", ended({stalled(asked(killed_by(SIGTERM), SIGTERM))}), true, JobResult::kFailed,
       6, 0},
      {"one hung, and left with 0 when it was ended", ended({stalled(asked(exited(0), SIGTERM))}),
       false, JobResult::kFailed, 6, 0},
      {"one worker hung, and left with 0", ended({stalled(asked(exited(0), SIGTERM)), exited(0)}),
       true, JobResult::kFailed, 6, 0},
      {"Ctrl-C, after one had hung",
       ended({stalled(asked(killed_by(SIGTERM), SIGTERM))}, by(SIGINT)), false, JobResult::kStopped,
       130, 0},
      {"Ctrl-C, obeyed", ended({asked(killed_by(SIGINT), SIGINT)}, by(SIGINT)), false,
       JobResult::kStopped, 130, none},
      {"Ctrl-C, a command that ends well says nothing of being done",
       ended({asked(exited(0), SIGINT)}, by(SIGINT)), false, JobResult::kStopped, 130, none},
      {"Ctrl-C, when the own workers had come to their end",
       ended({asked(exited(0), SIGINT)}, by(SIGINT)), true, JobResult::kSuccess, 0, none},
      {"Ctrl-C, and a traceback of KeyboardInterrupt",
       ended({asked(exited(1), SIGINT)}, by(SIGINT)), false, JobResult::kStopped, 130, none},
      {"Ctrl-C, and a failure that a rank recorded",
       ended({with_record(asked(exited(4), SIGINT), 4, false)}, by(SIGINT)), false,
       JobResult::kStopped, 130, 0},
      {"Ctrl-C, and a rank that missed another",
       ended({with_record(asked(exited(5), SIGINT), 5, true)}, by(SIGINT)), true,
       JobResult::kStopped, 130, none},
      {"SIGTERM", ended({asked(killed_by(SIGTERM), SIGTERM)}, by(SIGTERM)), true,
       JobResult::kStopped, 143, none},
      {"SIGHUP", ended({asked(killed_by(SIGTERM), SIGTERM)}, by(SIGHUP)), true, JobResult::kStopped,
       129, none},
      {"preempted, died of it", ended({asked(killed_by(SIGUSR1), SIGUSR1)}, kPreempted), false,
       JobResult::kPreempted, 75, none},
      {"preempted, saved and left", ended({asked(exited(0), SIGUSR1)}, kPreempted), false,
       JobResult::kPreempted, 75, none},
      {"preempted after the end", ended({asked(exited(0), SIGUSR1)}, kPreempted), true,
       JobResult::kSuccess, 0, none},
      {"preempted, and killed after the grace",
       ended({asked(killed_by(SIGKILL), SIGUSR1)}, kPreempted), true, JobResult::kPreempted, 75,
       none},
      {"preempted, and left as the trainer does", ended({asked(exited(75), SIGUSR1)}, kPreempted),
       true, JobResult::kPreempted, 75, none},
      {"preempted, and killed before there was a checkpoint",
       without_checkpoint(ended({asked(killed_by(SIGKILL), SIGUSR1)}, kPreempted)), true,
       JobResult::kStopped, 128 + SIGUSR1, none},
      {"preempted, a command's checkpoints are its own",
       without_checkpoint(ended({asked(killed_by(SIGUSR1), SIGUSR1)}, kPreempted)), false,
       JobResult::kPreempted, 75, none},
      {"its folder went", without_folder(ended({asked(killed_by(SIGTERM), SIGTERM), exited(7)})),
       true, JobResult::kFailed, 7, none},
      {"preempted, when one had failed before",
       ended({exited(9), asked(exited(0), SIGUSR1)}, kPreempted), false, JobResult::kFailed, 9, 0},
      {"preempted, and one could not write its checkpoint",
       ended({with_record(asked(exited(7), SIGUSR1), 7, false), asked(exited(0), SIGUSR1)},
             kPreempted),
       true, JobResult::kFailed, 7, 0},
  };
  for (const Case& one : cases) {
    const Verdict verdict = judge(one.end, one.is_own_worker);
    EXPECT_STREQ(result_name(verdict.result), result_name(one.result)) << one.name;
    EXPECT_EQ(verdict.exit_code, one.exit_code) << one.name;
    EXPECT_EQ(verdict.root_cause, one.root_cause) << one.name;
  }
}

TEST(JobEnd, OfAnInterruptedWaitForARestartIsTheInterruption) {
  struct Row {
    const char* name;
    JobEnd end;
    Interruption before_restart;
    JobResult result;
    int exit_code;
    std::optional<std::size_t> root_cause;
  };
  const Row rows[] = {
      {"preempted before a restart: the failure was not the end", ended({exited(9)}), kPreempted,
       JobResult::kPreempted, 75, 0},
      {"Ctrl-C before a restart", ended({exited(9)}), by(SIGINT), JobResult::kStopped, 130, 0},
      {"SIGTERM before a restart", ended({killed_by(SIGSEGV)}), by(SIGTERM), JobResult::kStopped,
       143, 0},
      {"Ctrl-C before a restart after a stall",
       ended({stalled(asked(killed_by(SIGTERM), SIGTERM)), asked(killed_by(SIGTERM), SIGTERM)}),
       by(SIGINT), JobResult::kStopped, 130, 0},
      {"preempted before a restart after a stall", ended({stalled(asked(exited(0), SIGTERM))}),
       kPreempted, JobResult::kPreempted, 75, 0},
      {"Ctrl-C after a preemption in which a rank failed", ended({exited(9)}, kPreempted),
       by(SIGINT), JobResult::kStopped, 130, 0},
  };
  for (const Row& row : rows) {
    const Verdict verdict = judge(row.end, /*is_own_worker=*/false, row.before_restart);
    EXPECT_STREQ(result_name(verdict.result), result_name(row.result)) << row.name;
    EXPECT_EQ(verdict.exit_code, row.exit_code) << row.name;
    EXPECT_EQ(verdict.root_cause, row.root_cause) << row.name;
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
      {killed_by(SIGHUP), 129},
      {killed_by(SIGKILL), 137},
      {killed_by(64), 192},
      {stalled(exited(0)), to_int(ExitCode::kStall)},
      {stalled(killed_by(SIGKILL)), to_int(ExitCode::kStall)},
      // It failed by itself: its own code, whatever it wrote before.
      {with_record(exited(9), 4, false), 9},
      // It had failed, was slow to leave and was killed: the code that it wrote down.
      {with_record(asked(killed_by(SIGKILL), SIGTERM), 4, false), 4},
      {with_record(asked(exited(143), SIGTERM), 4, false), 4},
      // A record without a code says nothing.
      {with_record(asked(killed_by(SIGKILL), SIGTERM), 0, false), 137},
      // It crashed on the way out.
      {with_record(asked(killed_by(SIGSEGV), SIGTERM), 4, false), 139},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(exit_code_of(row.outcome), row.exit_code)
        << "exit code " << row.outcome.exit_code << ", signal " << row.outcome.signal;
  }
}

}  // namespace
}  // namespace dplaunch
