// A launcher on Linux 4.18, which has neither pidfd_open nor pidfd_send_signal: the calls are
// refused to it and to all that it starts.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/syscall.h>

#include <cerrno>
#include <chrono>

#include "process_test_support.h"
#include "tests/support/refuse_call.h"

namespace dplaunch {
namespace {

void refuse_pidfds() {
  testing::refuse_call(SYS_pidfd_open, ENOSYS);
  testing::refuse_call(SYS_pidfd_send_signal, ENOSYS);
}

class NoPidfd : public ProcessTest {
 protected:
  int run_without(const LaunchPlan& plan) const {
    LauncherProcess launcher(plan, path("out"), refuse_pidfds);
    return launcher.wait();
  }
};

TEST_F(NoPidfd, EachEndIsNoticed) {
  EXPECT_EQ(run_without(plan({{"exit:0"}, {"exit:0"}, {"exit:0"}})), 0);
  EXPECT_EQ(run_without(plan({{"sleep"}, {"exit:3"}})), 3);
  EXPECT_EQ(run_without(plan({{"sleep"}, {"kill-self:9"}})), 128 + SIGKILL);
}

TEST_F(NoPidfd, AJobIsStartedAgain) {
  LaunchPlan again = plan({{"succeed-later", "exit:3"}, {"succeed-later", "sleep"}});
  again.supervision.max_restarts = 1;
  again.supervision.back_off = std::chrono::milliseconds(1);
  for (RankPlan& rank : again.ranks) rank.environment.max_restarts = 1;
  EXPECT_EQ(run_without(again), 0);
}

TEST_F(NoPidfd, ASignalStopsTheRanks) {
  const std::string ready = fifo("ready");
  LauncherProcess launcher(plan({{"tell-pid:" + ready, "sleep"}}), path("out"), refuse_pidfds);
  const ProcessWatch rank(hear_pid(ready));
  launcher.send(SIGTERM);
  EXPECT_EQ(launcher.wait(), 128 + SIGTERM);
  EXPECT_TRUE(rank.ends());
}

TEST_F(NoPidfd, WhatRanksLeaveIsKilled) {
  const std::string group = fifo("group");
  LauncherProcess launcher(plan({{"fork-sleeper:" + group, "exit:0"}}), path("out"), refuse_pidfds);
  const ProcessWatch sleeper(hear_pid(group));
  EXPECT_EQ(launcher.wait(), 0);
  EXPECT_TRUE(sleeper.ends());
}

TEST_F(NoPidfd, TheGuardOfAKilledLauncherKillsTheJob) {
  const std::string daemon = fifo("daemon");
  LauncherProcess launcher(plan({{"spawn-bare-daemon:" + daemon, "sleep"}}), path("out"),
                           refuse_pidfds);
  const ProcessWatch bare(hear_pid(daemon));
  launcher.send(SIGKILL);
  EXPECT_EQ(launcher.wait(), 128 + SIGKILL);
  EXPECT_TRUE(bare.ends());
}

TEST_F(NoPidfd, AKilledGuardIsReplaced) {
  const std::string turn = fifo("turn");
  LauncherProcess launcher(plan({{"await-file-end:" + turn, "exit:3"}}), path("out"),
                           refuse_pidfds);
  expect_guard_to_be_replaced(launcher, turn, 3);
}

}  // namespace
}  // namespace dplaunch
