#include "launcher/report/failure_report.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>

namespace dplaunch {
namespace {

RankOutcome killed_rank() {
  RankOutcome outcome;
  outcome.rank = 2;
  outcome.pid = 4121;
  outcome.device = "GPU-6f3";
  outcome.signal = SIGKILL;
  outcome.log = "runs/r1/rank-2.log";
  outcome.status.emplace();
  outcome.status->phase = Phase::kTraining;
  outcome.status->epoch = 3;
  outcome.status->epochs = 10;
  outcome.status->step = 812;
  outcome.status->steps_per_epoch = 1000;
  return outcome;
}

RankOutcome stopped_rank() {
  RankOutcome outcome;
  outcome.signal = SIGTERM;
  outcome.is_stopped_by_launcher = true;
  return outcome;
}

TEST(FailureReport, NamesRankDeviceEndStepLogAndTheStopped) {
  EXPECT_EQ(
      failure_report({stopped_rank(), stopped_rank(), killed_rank(), stopped_rank()}, 2),
      "dplaunch: error: rank 2 (GPU-6f3, pid 4121) failed: killed by SIGKILL "
      "at epoch 4/10, step 812/1000\n"
      "  likely: by the out-of-memory killer? dmesg says; fewer processes or workers need less "
      "memory\n"
      "  3 ranks stopped\n"
      "  log: runs/r1/rank-2.log\n");
}

TEST(FailureReport, GivesTheRecordsMessageAndHintInPlaceOfStderr) {
  RankOutcome outcome = killed_rank();
  outcome.stderr_tail = "noise\n";
  outcome.record.emplace();
  outcome.record->message = "train.bin: 12 bytes, expected 3074";
  outcome.record->hint = "fetch it again";
  const std::string report = failure_report({outcome}, 0);
  EXPECT_NE(report.find("  train.bin: 12 bytes, expected 3074\n  hint: fetch it again\n"),
            std::string::npos)
      << report;
  EXPECT_EQ(report.find("noise"), std::string::npos);
}

TEST(FailureReport, ShowsTheLastWordsOnStderrWithoutARecord) {
  RankOutcome outcome = killed_rank();
  outcome.stderr_tail = "first\nTraceback\nValueError: no\n";
  EXPECT_NE(failure_report({outcome}, 0).find("  | Traceback\n  | ValueError: no\n"),
            std::string::npos);
}

TEST(FailureReport, DoesNotRepeatATracebackThatTheRankPrinted) {
  const std::string traceback =
      "Traceback (most recent call last):\n"
      "  File \"a.py\", line 6, in main\n"
      "    raise ValueError(1)\n"
      "ValueError: bad label 123\n";
  RankOutcome outcome = killed_rank();
  outcome.signal = 0;
  outcome.exit_code = 1;
  outcome.stderr_tail = traceback;
  const std::string wanted =
      "  ValueError: bad label 123\n  in File \"a.py\", line 6, in main\n  log: "
      "runs/r1/rank-2.log\n";
  const std::string report = failure_report({outcome}, 0);
  EXPECT_TRUE(report.ends_with(wanted)) << report;
  EXPECT_EQ(report.find("raise"), std::string::npos) << report;
  outcome.record.emplace();
  outcome.record->message = "ValueError: bad label 123";
  outcome.record->traceback = traceback;
  EXPECT_EQ(failure_report({outcome}, 0), report);
  // It stands in the record alone: nobody has seen it yet.
  outcome.stderr_tail.clear();
  EXPECT_NE(failure_report({outcome}, 0).find("  |     raise ValueError(1)\n"), std::string::npos);
}

TEST(FailureReport, ShowsWhatCameAfterAnException) {
  RankOutcome outcome = killed_rank();
  outcome.stderr_tail = "Traceback (most recent call last):\nKeyError: 1\n\nfatal: no file\n";
  EXPECT_NE(failure_report({outcome}, 0)
                .find("  KeyError: 1\n  its last words on standard error:\n  | fatal: no file\n"),
            std::string::npos);
}

TEST(FailureReport, StaysShortAndHarmlessWhateverTheWorkerSaid) {
  RankOutcome outcome = killed_rank();
  for (int i = 0; i < 100; ++i) outcome.stderr_tail += "\x1b[31m" + std::string(5000, 'x') + "\n";
  RankOutcome other = killed_rank();
  other.stderr_tail = outcome.stderr_tail;
  const std::string report = failure_report({outcome, other, stopped_rank()}, 0);
  EXPECT_LE(std::count(report.begin(), report.end(), '\n'), kMaxReportLines);
  EXPECT_LT(report.size(), 4000U);
  EXPECT_EQ(report.find('\x1b'), std::string::npos);

  outcome.record.emplace();
  outcome.record->message = outcome.record->hint = outcome.stderr_tail;
  const std::string with_record = failure_report({outcome, other, stopped_rank()}, 0);
  EXPECT_LE(std::count(with_record.begin(), with_record.end(), '\n'), kMaxReportLines);
}

TEST(FailureReport, ReportsWhoFailedAfterTheRootCause) {
  RankOutcome later;
  later.rank = 1;
  later.exit_code = 5;
  EXPECT_NE(failure_report({killed_rank(), later, stopped_rank()}, 0)
                .find("failed after it: rank 1 exit code 5; 1 rank stopped"),
            std::string::npos);
}

}  // namespace
}  // namespace dplaunch
