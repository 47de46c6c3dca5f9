// Signals to the launcher, and that nothing outlives it.
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>

#include "process_test_support.h"

namespace dplaunch {
namespace {

using Lifetime = ProcessTest;

void ignore_hangup() {
  ::signal(SIGHUP, SIG_IGN);
}

TEST_F(Lifetime, OfAGrandchildEndsWithTheJob) {
  for (const char* act : {"fork-sleeper:", "fork-daemon:"}) {
    for (const char* end : {"exit:0", "exit:7"}) {
      const std::string ready = fifo(std::string(act) + end);
      const std::string turn = fifo(std::string(act) + end + "turn");
      LauncherProcess launcher(plan({{act + ready, "await-file-end:" + turn, end}}), "/dev/null");
      const ProcessWatch grandchild(hear_pid(ready));
      { const UniqueFd open(::open(turn.c_str(), O_WRONLY)); }
      EXPECT_EQ(launcher.wait(), end == std::string("exit:0") ? 0 : 7);
      EXPECT_TRUE(grandchild.ends()) << act << " " << end;
    }
  }
}

TEST_F(Lifetime, OfEveryDescendantEndsWithAKilledLauncher) {
  for (int round = 0; round < 5; ++round) {
    const std::string name = std::to_string(round);
    const std::string worker = fifo("worker" + name);
    const std::string sleeper = fifo("sleeper" + name);
    const std::string daemon = fifo("daemon" + name);
    LauncherProcess launcher(
        plan({{"ignore:15", "tell-pid:" + worker, "fork-sleeper:" + sleeper, "sleep"},
              {"fork-daemon:" + daemon, "sleep"}}),
        "/dev/null");
    const ProcessWatch watched[] = {ProcessWatch(hear_pid(worker)), ProcessWatch(hear_pid(sleeper)),
                                    ProcessWatch(hear_pid(daemon))};
    launcher.send(SIGKILL);
    EXPECT_EQ(launcher.wait(), 128 + SIGKILL);
    for (const ProcessWatch& process : watched) EXPECT_TRUE(process.ends());
  }
}

TEST_F(Lifetime, OfOtherChildrenIsNotTouched) {
  const pid_t other = ::fork();
  if (other == 0) {
    while (true) ::pause();
  }
  EXPECT_EQ(run(plan({{"fork-sleeper:" + fifo("unheard"), "exit:1"}})).exit_code, 1);
  EXPECT_EQ(::waitpid(other, nullptr, WNOHANG), 0);
  ::kill(other, SIGKILL);
  EXPECT_EQ(::waitpid(other, nullptr, 0), other);
}

TEST_F(Lifetime, LeavesNoChildBehindInTheLauncher) {
  run(plan({{"exit:0"}, {"exit:1"}, {"sleep"}}));
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

struct Interrupt {
  int signal;
  int exit_code;
};

TEST_F(Lifetime, EndsWithTheCodeOfTheSignal) {
  for (const Interrupt& interrupt :
       {Interrupt{SIGINT, 130}, Interrupt{SIGTERM, 143}, Interrupt{SIGHUP, 129}}) {
    const std::string ready = fifo("ready" + std::to_string(interrupt.signal));
    LauncherProcess launcher(plan({{"exit-on-term", "tell-pid:" + ready, "sleep"}, {"sleep"}}),
                             path("out"));
    const ProcessWatch worker(hear_pid(ready));
    launcher.send(interrupt.signal);
    EXPECT_EQ(launcher.wait(), interrupt.exit_code);
    EXPECT_TRUE(worker.ends());
  }
}

TEST_F(Lifetime, IsOverAtOnceAfterASecondInterrupt) {
  const std::string ready = fifo("ready");
  LaunchPlan stubborn = plan({{"ignore:2", "tell-pid:" + ready, "sleep"}});
  stubborn.supervision.grace = std::chrono::minutes(10);
  LauncherProcess launcher(stubborn, path("out"));
  const ProcessWatch worker(hear_pid(ready));
  launcher.send(SIGINT);
  // The first one is seen to have arrived, or both could become one.
  await_text(path("out"), "SIGINT: stopping");
  EXPECT_TRUE(worker.lives());
  launcher.send(SIGINT);
  EXPECT_EQ(launcher.wait(), 130);
  EXPECT_TRUE(worker.ends());
}

TEST_F(Lifetime, GoesOnUnderNohup) {
  const std::string ready = fifo("ready");
  const std::string turn = fifo("turn");
  LauncherProcess launcher(
      plan({{"tell-pid:" + ready, "await-file-end:" + turn, "kill-self:1", "exit:3"}}), path("out"),
      ignore_hangup);
  EXPECT_GT(hear_pid(ready), 0);
  launcher.send(SIGHUP);
  { const UniqueFd open(::open(turn.c_str(), O_WRONLY)); }
  // The worker inherits it: its own SIGHUP does not end it either.
  EXPECT_EQ(launcher.wait(), 3);
}

TEST_F(Lifetime, StopsAWorkerThatIsItselfStopped) {
  const std::string ready = fifo("ready");
  LaunchPlan halted = plan({{"tell-pid:" + ready, "sleep"}});
  halted.supervision.grace = std::chrono::minutes(10);
  LauncherProcess launcher(halted, "/dev/null");
  ::kill(hear_pid(ready), SIGSTOP);
  launcher.send(SIGTERM);
  EXPECT_EQ(launcher.wait(), 143);
}

TEST_F(Lifetime, OfTwoJobsAtOnceIsIndependent) {
  const std::string ready[] = {fifo("ready0"), fifo("ready1")};
  LaunchPlan plans[] = {plan({{"tell-pid:" + ready[0], "sleep"}, {"sleep"}}),
                        plan({{"tell-pid:" + ready[1], "sleep"}, {"sleep"}})};
  plans[1].run_folder = RunFolder(path("second"));
  LauncherProcess first(plans[0], "/dev/null");
  LauncherProcess second(plans[1], "/dev/null");
  const pid_t of_first = hear_pid(ready[0]);
  const pid_t of_second = hear_pid(ready[1]);
  first.send(SIGKILL);
  EXPECT_TRUE(first.wait() == 128 + SIGKILL);
  EXPECT_TRUE(of_first != of_second);
  EXPECT_EQ(::kill(of_second, 0), 0);
  second.send(SIGTERM);
  EXPECT_EQ(second.wait(), 143);
}

}  // namespace
}  // namespace dplaunch
