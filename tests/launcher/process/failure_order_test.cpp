// That the rank that failed first is named, and its exit code passed on.
#include <gmock/gmock.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include <algorithm>

#include "process_test_support.h"
#include "tests/support/repetitions.h"

namespace dplaunch {
namespace {

using ::testing::HasSubstr;
using FailureOrder = ProcessTest;

TEST_F(FailureOrder, IsRightAtThirtyMilliseconds) {
  const int rounds = testing::repetitions(100);
  const std::string failing = fifo("failing");
  int right = 0;
  for (int round = 0; round < rounds; ++round) {
    const bool is_by_signal = round % 2 == 1;
    // Rank 0 does not heed the launcher: its own failure comes, whatever it is asked.
    const Result result =
        run(plan({{"ignore:15", "await-file-end:" + failing, "sleep-ms:30",
                   is_by_signal ? "kill-self:6" : "exit:9"},
                  {"tell-hello:" + failing, is_by_signal ? "kill-self:11" : "exit:7"}}));
    const bool is_named = result.err.find("error: rank 1 (") != std::string::npos;
    right += is_named && result.exit_code == (is_by_signal ? 128 + SIGSEGV : 7) ? 1 : 0;
  }
  EXPECT_GE(right, rounds - rounds / 100) << "of " << rounds;
}

TEST_F(FailureOrder, IsKeptWhileTheLauncherItselfDoesNotRun) {
  const std::string usr1 = std::to_string(SIGUSR1);
  for (int round = 0; round < testing::repetitions(10); ++round) {
    const std::string name = std::to_string(round);
    const std::string ready[] = {fifo("ready0-" + name), fifo("ready1-" + name)};
    const std::string got[] = {fifo("got0-" + name), fifo("got1-" + name)};
    const std::string turn[] = {fifo("turn0-" + name), fifo("turn1-" + name)};
    const auto acts = [&](int rank, const std::string& end) {
      return std::vector<std::string>{
          "block:" + usr1,           "tell-pid:" + ready[rank],      "await-signal:" + usr1,
          "tell-hello:" + got[rank], "await-file-end:" + turn[rank], end};
    };
    LauncherProcess launcher(plan({acts(0, "exit:9"), acts(1, "exit:7")}), path("out"));
    const ProcessWatch ranks[] = {ProcessWatch(hear_pid(ready[0])),
                                  ProcessWatch(hear_pid(ready[1]))};
    // A launcher that passes signals on has begun to watch.
    launcher.send(SIGUSR1);
    for (const std::string& rank : got) hear(rank);
    launcher.send(SIGSTOP);
    int status = 0;
    ASSERT_EQ(::waitpid(launcher.pid(), &status, WUNTRACED), launcher.pid());
    for (const int rank : {1, 0}) {
      let_go_on(turn[rank]);
      ASSERT_TRUE(ranks[rank].ends());
    }
    launcher.send(SIGCONT);
    EXPECT_EQ(launcher.wait(), 7);
  }
}

// Without an earlier failure nothing is a consequence, and what fails after it was asked to stop is
// not why the job ended.
TEST_F(FailureOrder, IsNotTurnedRoundByWordsThatSoundLikeAConsequence) {
  const std::string ready = fifo("ready");
  const Result result = run(plan(
      {{"fail-on-term", "tell-hello:" + ready, "sleep"},
       {"await-file-end:" + ready, "err:ConnectionError: Connection reset by peer\n", "exit:1"}}));
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("error: rank 1 ("));
}

// The one that lost its peer may be gone before the peer, which is slow to leave and is asked to
// stop meanwhile.
TEST_F(FailureOrder, IsThatOfTheTracebacks) {
  const std::string traceback =
      "err:Traceback (most recent call last):\n  File \"t.py\"\nValueError: bad label\n";
  for (const std::string& heeds :
       std::vector<std::string>{"ignore:1", "ignore:15", "fail-on-term"}) {
    const std::string turn = fifo("turn" + heeds);
    const Result result = run(
        plan({{"await-file-end:" + turn, "err:RuntimeError: Connection closed by peer\n", "exit:5"},
              {heeds, traceback, "tell-hello:" + turn, "sleep-ms:300", "exit:1"}}));
    const bool changes_its_code = heeds == "fail-on-term";
    EXPECT_THAT(result.err, HasSubstr(changes_its_code ? "error: rank 0 (" : "error: rank 1 ("))
        << heeds;
    EXPECT_EQ(result.exit_code, changes_its_code ? 5 : 1) << heeds;
  }
}

TEST_F(FailureOrder, PassesOnEachOfTheExitCodes) {
  for (int code = 0; code <= 255; ++code) {
    LaunchPlan shell = plan({{}});
    shell.ranks[0].argv = {"/bin/sh", "-c", "exit " + std::to_string(code)};
    ASSERT_EQ(run(shell).exit_code, code);
  }
}

bool kills_by_default(int signal) {
  const int harmless[] = {SIGCHLD, SIGCONT, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU, SIGURG, SIGWINCH};
  return std::find(std::begin(harmless), std::end(harmless), signal) == std::end(harmless);
}

TEST_F(FailureOrder, NamesEachSignalThatCanKill) {
  int checked = 0;
  for (int signal = 1; signal <= 31; ++signal) {
    if (!kills_by_default(signal)) continue;
    ++checked;
    const Result result = run(plan({{"kill-self:" + std::to_string(signal)}}));
    EXPECT_EQ(result.exit_code, 128 + signal);
    EXPECT_THAT(result.err,
                HasSubstr(std::string("failed: killed by SIG") + ::sigabbrev_np(signal) + "\n"));
  }
  EXPECT_EQ(checked, 23);
  const Result result = run(plan({{"kill-self:40"}}));
  EXPECT_EQ(result.exit_code, 168);
  EXPECT_THAT(result.err, HasSubstr("failed: killed by signal 40\n"));
}

}  // namespace
}  // namespace dplaunch
