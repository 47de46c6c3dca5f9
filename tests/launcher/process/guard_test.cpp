// That the guard itself may be killed, and what it finds of a job when the launcher is killed.
#include <gtest/gtest.h>
#include <signal.h>

#include <vector>

#include "process_test_support.h"
#include "tests/support/repetitions.h"

namespace dplaunch {
namespace {

using Guard = ProcessTest;

TEST_F(Guard, FindsWhatHasLeftItsGroupAndItsEnvironment) {
  for (int round = 0; round < testing::repetitions(20); ++round) {
    const std::string daemon = fifo("daemon" + std::to_string(round));
    LauncherProcess launcher(plan({{"spawn-bare-daemon:" + daemon, "sleep"}}), "/dev/null");
    const ProcessWatch bare(hear_pid(daemon));
    launcher.send(SIGKILL);
    EXPECT_EQ(launcher.wait(), 128 + SIGKILL);
    EXPECT_TRUE(bare.ends());
  }
}

TEST_F(Guard, IsReplacedAsOftenAsItIsKilled) {
  const std::string group = fifo("group");
  const std::string daemon = fifo("daemon");
  LauncherProcess launcher(
      plan({{"fork-sleeper:" + group, "spawn-bare-daemon:" + daemon, "sleep"}}), path("out"));
  const ProcessWatch sleeper(hear_pid(group));
  const ProcessWatch bare(hear_pid(daemon));
  std::vector<pid_t> killed;
  for (int round = 0; round < testing::repetitions(20); ++round) {
    const pid_t guard = guard_besides(launcher.pid(), killed);
    ASSERT_NE(guard, 0);
    ::kill(guard, SIGKILL);
    killed.push_back(guard);
    await_text(path("out"), "guard (process " + std::to_string(guard) + ") is dead (SIGKILL)");
  }
  ASSERT_NE(guard_besides(launcher.pid(), killed), 0);
  EXPECT_TRUE(sleeper.lives());
  launcher.send(SIGKILL);
  EXPECT_EQ(launcher.wait(), 128 + SIGKILL);
  EXPECT_TRUE(sleeper.ends());
  EXPECT_TRUE(bare.ends());
}

TEST_F(Guard, ThatWasReplacedIsDismissedAtTheEnd) {
  const std::string turn = fifo("turn");
  LauncherProcess launcher(plan({{"await-file-end:" + turn, "exit:3"}}), path("out"));
  expect_guard_to_be_replaced(launcher, turn, 3);
}

}  // namespace
}  // namespace dplaunch
