#include "launcher/report/root_cause.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <cstdint>
#include <string>
#include <vector>

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

RankOutcome in_words(RankOutcome outcome, const std::string& words) {
  outcome.stderr_tail = words;
  return outcome;
}

RankOutcome asked_at(RankOutcome outcome, std::int64_t stop_asked_ns, bool was_failing = false) {
  outcome.is_stopped_by_launcher = true;
  outcome.stop_signal = SIGTERM;
  outcome.stop_asked_ns = stop_asked_ns;
  outcome.was_failing = was_failing;
  return outcome;
}

RankOutcome killed(RankOutcome outcome, int signal) {
  outcome.exit_code = 0;
  outcome.signal = signal;
  return outcome;
}

// Rank 0 ended by itself at 10 and says that its peer is gone, so that rank 1 was asked to stop.
TEST(RootCause, IsAConsequenceOnlyOfWhatFailedBefore) {
  const RankOutcome first = in_words(failed(0, 5, 10), "RuntimeError: Connection reset by peer\n");
  struct Row {
    const char* name;
    RankOutcome second;
    std::size_t root;
    int exit_code;
  };
  const Row rows[] = {
      {"died of its own accord as well", failed(1, 7, 12), 1, 7},
      {"crashed, and was dead when it was to be asked", killed(failed(1, 0, 12), SIGSEGV), 1, 139},
      {"left with a code of its own", asked_at(failed(1, 17, 30), 11), 0, 5},
      {"crashed when it was asked", asked_at(killed(failed(1, 0, 30), SIGSEGV), 11), 0, 5},
      {"obeyed", asked_at(killed(failed(1, 0, 30), SIGTERM), 11), 0, 5},
      {"recorded an error before", asked_at(recorded(failed(1, 7, 30), 8), 11), 1, 7},
      {"recorded an error before and was killed on its way out",
       asked_at(recorded(killed(failed(1, 0, 30), SIGKILL), 8), 11), 1, 1},
      {"recorded an error before, without a time",
       asked_at(recorded(failed(1, 7, 30), 0), 11, true), 1, 7},
      {"recorded an error without a time after", asked_at(recorded(failed(1, 7, 30), 0), 11), 0, 5},
      {"recorded an error after", asked_at(recorded(failed(1, 7, 30), 12), 11), 0, 5},
      {"recorded before that it lost a peer too", asked_at(recorded(failed(1, 7, 30), 8, true), 11),
       1, 7},
      {"had written a traceback", asked_at(failed(1, 1, 30), 11, true), 1, 1},
      {"had written a traceback and was killed on its way out",
       asked_at(killed(failed(1, 0, 30), SIGTERM), 11, true), 1, 1},
      {"had written a traceback, but left in another way", asked_at(failed(1, 17, 30), 11, true), 0,
       5},
      {"came to its end", asked_at(failed(1, 0, 30), 11), 0, 5},
  };
  for (const Row& row : rows) {
    const std::vector<RankOutcome> outcomes = {first, row.second};
    const auto root = find_root_cause(outcomes);
    ASSERT_TRUE(root) << row.name;
    EXPECT_EQ(*root, row.root) << row.name;
    EXPECT_EQ(exit_code_of(outcomes[*root]), row.exit_code) << row.name;
  }
}

TEST(RootCause, IsTheRankThatHungAndNotWhatFailedWhenItWasEndedForThat) {
  RankOutcome hung = asked_at(killed(failed(0, 0, 100), SIGKILL), 10);
  hung.stall = "at epoch 1";
  EXPECT_EQ(find_root_cause({hung, asked_at(recorded(failed(1, 1, 20), 15), 10)}), 0U);
  EXPECT_EQ(find_root_cause({hung, asked_at(failed(1, 9, 20), 10)}), 0U);
  EXPECT_EQ(find_root_cause({hung, failed(1, 9, 5)}), 1U);
}

TEST(RootCause, KnowsTheEndOfATraceback) {
  const std::string head = "Traceback (most recent call last):\n  File \"t.py\", line 1\n";
  EXPECT_TRUE(ends_in_traceback(head + "ValueError: bad label\n"));
  EXPECT_TRUE(ends_in_traceback("epoch 1\n" + head + "KeyboardInterrupt"));
  EXPECT_TRUE(ends_in_traceback(
      "[rank1]: Traceback (most recent call last):\n[rank1]: torch.cuda.OutOfMemoryError: no\n"));
  EXPECT_FALSE(ends_in_traceback(""));
  EXPECT_FALSE(ends_in_traceback("ValueError: bad label\n"));
  EXPECT_FALSE(ends_in_traceback(head));
  EXPECT_FALSE(ends_in_traceback(head + "ValueError: bad label\nretrying (2 of 3)\n"));
  // As PyTorch 2.11 prints it.
  EXPECT_TRUE(ends_in_traceback(
      "[rank0]: Traceback (most recent call last):\n[rank0]:   File \"t.py\", line 1\n"
      "[rank0]: torch.AcceleratorError: CUDA error: device-side assert triggered\n"
      "[rank0]: Search for `cudaErrorAssert' in https://docs.nvidia.com/x.html for more "
      "information.\n"
      "[rank0]: CUDA kernel errors might be asynchronously reported at some other API call, so the "
      "stacktrace below might be incorrect.\n"
      "[rank0]: For debugging consider passing CUDA_LAUNCH_BLOCKING=1\n"
      "[rank0]: Compile with `TORCH_USE_CUDA_DSA` to enable device-side assertions.\n\n"));
  // As PyTorch for ROCm does (github.com/verl-project/verl/issues/3163).
  EXPECT_TRUE(ends_in_traceback(
      head +
      "RuntimeError: HIP error: invalid device function\n"
      "HIP kernel errors might be asynchronously reported at some other API call, so the "
      "stacktrace below might be incorrect.\n"
      "For debugging consider passing AMD_SERIALIZE_KERNEL=3.\n"
      "Compile with `TORCH_USE_HIP_DSA` to enable device-side assertions.\n\n"));
}

TEST(RootCause, IsJudgedByWhatEndedTheProgramAndNotByWhatItGotOver) {
  const std::string head = "Traceback (most recent call last):\n  File \"t.py\", line 1\n";
  const std::string lost = "ConnectionResetError: [Errno 104] Connection reset by peer\n";
  const auto says = [](RankOutcome outcome, const std::string& words) {
    outcome.stderr_tail = words;
    return outcome;
  };
  const RankOutcome late = failed(1, 1, 20);
  const std::string retried = "s3: Connection reset by peer, trying again\n";
  EXPECT_EQ(find_root_cause({says(failed(0, 1, 10), retried + head + "ValueError: no\n"), late}),
            0U);
  EXPECT_EQ(find_root_cause(
                {says(failed(0, 1, 10), head + lost + "trying again\n" + head + "ValueError: no\n"),
                 late}),
            0U);
  EXPECT_EQ(
      find_root_cause({says(failed(0, 1, 10), head + "ValueError: no\n" + head + lost), late}), 1U);
  EXPECT_EQ(find_root_cause({says(failed(0, 1, 10),
                                  head + lost +
                                      "\nDuring handling of the above exception, another exception "
                                      "occurred:\n\n" +
                                      head + "RuntimeError: the training broke off\n"),
                             late}),
            1U)
      << "the first of the chain is what happened";
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
