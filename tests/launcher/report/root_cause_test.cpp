#include "launcher/report/root_cause.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <cstdint>
#include <string>

namespace dplaunch {
namespace {

RankOutcome failed(int rank, int exit_code, std::int64_t ended_ns) {
  RankOutcome outcome;
  outcome.rank = rank;
  outcome.exit_code = exit_code;
  outcome.ended_ns = ended_ns;
  return outcome;
}

RankOutcome recorded(RankOutcome outcome, std::int64_t monotonic_ns, bool is_consequence = false) {
  outcome.record.emplace();
  outcome.record->monotonic_ns = monotonic_ns;
  outcome.record->is_consequence = is_consequence;
  return outcome;
}

RankOutcome stopped(RankOutcome outcome, int signal) {
  outcome.is_stopped_by_launcher = true;
  outcome.signal = signal;
  return outcome;
}

TEST(RootCause, IsNoneWhenAllSucceed) {
  EXPECT_EQ(find_root_cause({failed(0, 0, 1), failed(1, 0, 2)}), std::nullopt);
}

TEST(RootCause, IsTheEarliestDeathWithoutRecords) {
  EXPECT_EQ(find_root_cause({failed(0, 1, 20), failed(1, 1, 10)}), 1U);
}

TEST(RootCause, TrustsTheTimeOfTheRecordOverThatOfTheDeath) {
  EXPECT_EQ(find_root_cause({failed(0, 1, 20), recorded(failed(1, 1, 30), 10)}), 1U);
  EXPECT_EQ(find_root_cause({failed(0, 1, 20), recorded(failed(1, 1, 30), 25)}), 0U);
}

TEST(RootCause, UsesTheDeathWhereTheRecordHasNoTime) {
  EXPECT_EQ(find_root_cause({failed(0, 1, 20), recorded(failed(1, 1, 30), 0)}), 0U);
}

TEST(RootCause, IsNoConsequenceWhileThereIsAnother) {
  EXPECT_EQ(find_root_cause({recorded(failed(0, 5, 10), 5, true), failed(1, 1, 20)}), 1U);
  EXPECT_EQ(find_root_cause({recorded(failed(0, 5, 10), 5, true), failed(1, 0, 20)}), 0U);
}

TEST(RootCause, IsNoneThatOnlySaysThatItsPeerIsGone) {
  const std::string words[] = {
      "RuntimeError: Connection closed by peer [127.0.0.1]:4711",
      "RuntimeError: Read error: Connection reset by peer",
      "write: Broken pipe",
      "ncclRemoteError: A call failed possibly due to a network error or a remote process exited",
      "DistNetworkError: Connection was likely closed",
      "ncclRemoteError",
      "DistNetworkError: failed to connect: Connection refused",
      "RuntimeError: Timed out waiting 60000ms for recv operation to complete",
  };
  for (const std::string& last : words) {
    RankOutcome in_its_words = failed(0, 1, 10);
    in_its_words.stderr_tail = "Traceback (most recent call last):\n" + last + "\n";
    EXPECT_EQ(find_root_cause({in_its_words, failed(1, 1, 20)}), 1U) << last;
    RankOutcome in_its_record = recorded(failed(0, 1, 10), 5);
    in_its_record.record->message = last;
    EXPECT_EQ(find_root_cause({in_its_record, failed(1, 1, 20)}), 1U) << last;
    EXPECT_EQ(find_root_cause({in_its_words, failed(1, 0, 20)}), 0U) << "no other failed: " << last;
  }
  // Killed by a signal, its words are not why it ended.
  RankOutcome crashed = failed(0, 0, 10);
  crashed.signal = SIGSEGV;
  crashed.stderr_tail = "Broken pipe";
  EXPECT_EQ(find_root_cause({crashed, failed(1, 1, 20)}), 0U);
}

TEST(RootCause, IsNoRankThatObeyedTheLauncher) {
  EXPECT_EQ(find_root_cause({stopped(failed(0, 0, 5), SIGTERM), failed(1, 1, 20)}), 1U);
  EXPECT_EQ(find_root_cause({stopped(failed(0, 0, 5), SIGKILL)}), std::nullopt);
  EXPECT_EQ(find_root_cause({stopped(failed(0, 128 + SIGTERM, 5), 0)}), std::nullopt);
}

TEST(RootCause, MayBeARankThatCrashedWhileItWasBeingStopped) {
  const RankOutcome noticed_late = stopped(failed(1, 0, 20), SIGSEGV);
  EXPECT_EQ(find_root_cause({recorded(failed(0, 5, 10), 5, true), noticed_late}), 1U);
  EXPECT_EQ(find_root_cause({failed(0, 1, 10), noticed_late}), 0U);
}

TEST(RootCause, GivesTheCodeThatAShellWouldGive) {
  EXPECT_EQ(exit_code_of(failed(0, 7, 1)), 7);
  RankOutcome killed;
  killed.signal = SIGSEGV;
  EXPECT_EQ(exit_code_of(killed), 139);
}

TEST(RootCause, TakesTheRecordsCodeForARankThatWasKilledOnItsWayOut) {
  RankOutcome outcome = recorded(stopped(failed(0, 0, 9), SIGKILL), 5);
  outcome.record->exit_code = 4;
  EXPECT_EQ(exit_code_of(outcome), 4);
}

}  // namespace
}  // namespace dplaunch
