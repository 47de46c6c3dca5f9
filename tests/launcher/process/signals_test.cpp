// Signals that do not end the job, and those that end it in another way.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <iterator>

#include "base/process/process_table.h"
#include "process_test_support.h"

namespace dplaunch {
namespace {

using std::chrono::minutes;
using ::testing::HasSubstr;
using Signals = ProcessTest;

std::string number(int signal) {
  return std::to_string(signal);
}

TEST_F(Signals, OfTheUserReachEachWorkerButNotItsChildren) {
  const std::string child = fifo("child");
  const std::string ready[] = {fifo("ready0"), fifo("ready1")};
  const std::string got[] = {fifo("got0"), fifo("got1")};
  const auto acts = [&](int rank) {
    return std::vector<std::string>{"block:" + number(SIGUSR1),
                                    "block:" + number(SIGUSR2),
                                    "tell-hello:" + ready[rank],
                                    "await-signal:" + number(SIGUSR1),
                                    "tell-hello:" + got[rank],
                                    "await-signal:" + number(SIGUSR2),
                                    "exit:0"};
  };
  std::vector<std::string> with_child = acts(0);
  with_child.insert(with_child.begin(), "fork-sleeper:" + child);
  // Another that fails if it gets anything: the child of rank 0 has the default actions.
  LauncherProcess launcher(plan({with_child, acts(1)}), path("out"));
  const ProcessWatch sleeper(hear_pid(child));
  for (const std::string& rank : ready) hear(rank);
  launcher.send(SIGUSR1);
  for (const std::string& rank : got) EXPECT_EQ(hear(rank), "hello");
  EXPECT_TRUE(sleeper.lives());
  launcher.send(SIGUSR2);
  EXPECT_EQ(launcher.wait(), 0);
}

TEST_F(Signals, ThatAskToStopAreFollowedByAKillAfterTheGrace) {
  const std::string ready = fifo("ready");
  LaunchPlan made = plan({{"ignore:15", "tell-hello:" + ready, "sleep"}});
  made.supervision.grace = std::chrono::milliseconds(200);
  LauncherProcess launcher(made, path("out"));
  hear(ready);
  launcher.send(SIGTERM);
  EXPECT_EQ(launcher.wait(), 143);
  EXPECT_THAT(read_file(run_folder().summary()), HasSubstr("\"result\": \"stopped\""));
}

TEST_F(Signals, OfTheUserDoNotDisturbTheTrainer) {
  const std::string ready = fifo("ready");
  const std::string turn = fifo("turn");
  LaunchPlan own = plan({{"tell-hello:" + ready, "await-file-end:" + turn, "exit:0"}});
  own.is_own_worker = true;
  LauncherProcess launcher(own, path("out"));
  hear(ready);
  launcher.send(SIGUSR1);
  await_text(path("out"), "SIGUSR1 means nothing to the trainer");
  let_go_on(turn);
  EXPECT_EQ(launcher.wait(), 0);
}

TEST_F(Signals, OfTheTerminalSuspendWorkersAndLauncherAndLetThemGoOn) {
  const std::string ready = fifo("ready");
  const std::string turn = fifo("turn");
  LauncherProcess launcher(
      plan({{"tell-pid:" + ready, "await-file-end:" + turn, "exit:5"}, {"sleep"}}), path("out"));
  const pid_t worker = hear_pid(ready);
  for (int round = 0; round < 2; ++round) {
    launcher.send(SIGTSTP);
    ASSERT_TRUE(launcher.await_stop());
    EXPECT_TRUE(await_state(worker, 'T'));
    launcher.send(SIGCONT);
    ASSERT_TRUE(launcher.await_continuation());
    EXPECT_TRUE(await_state(worker, 'S'));
  }
  let_go_on(turn);
  EXPECT_EQ(launcher.wait(), 5);
}

// As a script's `&` ignores SIGINT and SIGQUIT, and nohup SIGHUP: for the ranks as well.
TEST_F(Signals, ThatWereIgnoredAtTheStartStaySo) {
  for (const int signal : {SIGINT, SIGQUIT, SIGHUP}) {
    const std::string name = number(signal);
    const std::string ready = fifo("ready" + name);
    const std::string turn = fifo("turn" + name);
    LauncherProcess launcher(
        plan({{"kill-self:" + name, "tell-hello:" + ready, "await-file-end:" + turn, "exit:5"}}),
        path("out"), [signal] { ::signal(signal, SIG_IGN); });
    EXPECT_EQ(hear(ready), "hello") << name;
    launcher.send(signal);
    let_go_on(turn);
    EXPECT_EQ(launcher.wait(), 5) << name;
  }
}

TEST_F(Signals, OfAnInterruptThatIsIgnoredEndAJobThatIsEndingAlready) {
  const std::string ready = fifo("ready");
  LaunchPlan made = plan({{"ignore:15", "tell-hello:" + ready, "sleep"}});
  made.supervision.grace = minutes(10);
  LauncherProcess launcher(made, path("out"), [] { ::signal(SIGINT, SIG_IGN); });
  hear(ready);
  launcher.send(SIGTERM);
  await_text(path("out"), "SIGTERM: stopping 1 rank");
  launcher.send(SIGINT);
  EXPECT_EQ(launcher.wait(), 143);
}

TEST_F(Signals, OfQuitAreReportedLikeTheOthers) {
  const std::string ready = fifo("ready");
  LauncherProcess launcher(plan({{"tell-hello:" + ready, "sleep"}}), path("out"));
  hear(ready);
  launcher.send(SIGQUIT);
  EXPECT_EQ(launcher.wait(), 131);
  EXPECT_THAT(read_file(path("out")), HasSubstr("SIGQUIT: stopping 1 rank"));
  EXPECT_THAT(read_file(run_folder().summary()), HasSubstr("\"result\": \"stopped\""));
}

// A trainer's rank may take a second to leave, and has no handler any more.
TEST_F(Signals, ToATrainingWhoseResultIsWrittenChangeNothing) {
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGQUIT}) {
    const std::string ready[] = {fifo("ready0-" + number(signal)),
                                 fifo("ready1-" + number(signal))};
    LaunchPlan own =
        plan({{"status-finished", "tell-hello:" + ready[0], "sleep"},
              {"status-finished", "tell-hello:" + ready[1], "kill-self:" + number(signal)}});
    own.is_own_worker = true;
    LauncherProcess launcher(own, path("out"));
    for (const std::string& rank : ready) hear(rank);
    launcher.send(signal);
    EXPECT_EQ(launcher.wait(), 0) << signal;
    EXPECT_THAT(read_file(run_folder().summary()), HasSubstr("\"result\": \"success\""));
  }
  // One that crashes on its way out has not left well.
  LaunchPlan crashed = plan({{"status-finished", "kill-self:11"}});
  crashed.is_own_worker = true;
  EXPECT_EQ(run(crashed).exit_code, 139);
}

/// A kernel that refuses this process every kill(2), as it does for a process of another user.
void refuse_kill() {
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_kill, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{static_cast<unsigned short>(std::size(code)), code};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
    ::_exit(98);
  }
}

// A rank that has become another user's (sudo) cannot be ended: that is said, and not waited for.
TEST_F(Signals, ThatTheKernelRefusesAreReportedAndNotWaitedFor) {
  const std::string ready[] = {fifo("ready0"), fifo("ready1")};
  LaunchPlan made = plan({{"tell-pid:" + ready[0], "sleep"}, {"tell-pid:" + ready[1], "sleep"}});
  made.supervision.grace = std::chrono::milliseconds(50);
  LauncherProcess launcher(made, path("out"), refuse_kill);
  const pid_t pids[] = {hear_pid(ready[0]), hear_pid(ready[1])};
  launcher.send(SIGTERM);
  EXPECT_EQ(launcher.wait(), 143);
  for (const pid_t pid : pids) {
    EXPECT_THAT(read_file(path("out")), HasSubstr("pid " + number(pid) + ") cannot be signalled"));
    EXPECT_THAT(read_file(path("out")),
                HasSubstr("process " + number(pid) + " could not be killed and still runs"));
  }
  EXPECT_THAT(read_file(run_folder().summary()), HasSubstr("\"result\": \"stopped\""));
}

// The reader of its output has stopped reading. Nothing waits for that to settle how the job ended.
TEST_F(Signals, AfterTheEndChangeNothing) {
  const std::string screen = fifo("screen");
  const UniqueFd reader(::open(screen.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  const UniqueFd writer(::open(screen.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
  const std::string filling(4096, 'x');
  while (::write(writer.get(), filling.data(), filling.size()) > 0) {
  }
  for (const int code : {0, 7}) {
    LaunchPlan made = plan({{"out:unread\n", "exit:" + number(code)}});
    made.run_folder = RunFolder(path("run" + number(code)));
    made.supervision.ends_program = true;
    LauncherProcess launcher(made, screen);
    await_text(made.run_folder->summary(), "\"result\"");
    // It may still be on the way to the screen, on which it waits for ever.
    EXPECT_TRUE(await_state(launcher.pid(), 'S'));
    launcher.send(SIGTERM);
    EXPECT_EQ(launcher.wait(), code);
  }
}

class Preemption : public ProcessTest {
 protected:
  LaunchPlan preemptible(const std::vector<std::vector<std::string>>& acts, int signal = SIGUSR1) {
    LaunchPlan made = plan(acts);
    made.supervision.preempt_signal = signal;
    made.supervision.grace = minutes(10);
    return made;
  }
};

TEST_F(Preemption, OfACommandIsTheSignalItself) {
  const std::string ready = fifo("ready");
  LauncherProcess launcher(
      preemptible({{"block:" + number(SIGUSR1), "tell-hello:" + ready,
                    "await-signal:" + number(SIGUSR1), "out:saved\n", "exit:0"}}),
      path("out"));
  hear(ready);
  launcher.send(SIGUSR1);
  EXPECT_EQ(launcher.wait(), 75);
  EXPECT_THAT(read_file(run_folder().log(0)), HasSubstr("saved\n"));
  EXPECT_THAT(read_file(run_folder().summary()), HasSubstr("\"result\": \"preempted\""));
}

TEST_F(Preemption, IsNoFailureOfACommandThatDiesOfIt) {
  const std::string ready = fifo("ready");
  LauncherProcess launcher(preemptible({{"tell-hello:" + ready, "sleep"}, {"sleep"}}, SIGUSR2),
                           path("out"));
  hear(ready);
  launcher.send(SIGUSR2);
  EXPECT_EQ(launcher.wait(), 75);
}

TEST_F(Preemption, OfTheTrainerWaitsUntilItCanStop) {
  const std::string ready = fifo("ready");
  const std::string turn = fifo("turn");
  LaunchPlan own = preemptible({{"tell-pid:" + ready, "await-file-end:" + turn,
                                 "await-signal:" + number(SIGUSR1), "out:saved\n", "exit:75"}});
  own.is_own_worker = true;
  LauncherProcess launcher(own, path("out"));
  // It has no handler yet, and would die of it.
  ASSERT_EQ(::kill(hear_pid(ready), SIGUSR1), 0);
  launcher.send(SIGUSR1);
  await_text(path("out"), "SIGUSR1, preempted: stopping 1 rank");
  let_go_on(turn);
  EXPECT_EQ(launcher.wait(), 75);
  EXPECT_THAT(read_file(run_folder().log(0)), HasSubstr("saved\n"));
}

TEST_F(Preemption, OfTheTrainersRanksAloneIsTheSameRequest) {
  const std::string ready[] = {fifo("ready0"), fifo("ready1")};
  const std::string await = "await-signal:" + number(SIGUSR1);
  LaunchPlan own = preemptible({{"tell-pid:" + ready[0], await, "exit:75"},
                                {"tell-hello:" + ready[1], await, "out:saved\n", "exit:75"}});
  own.is_own_worker = true;
  LauncherProcess launcher(own, path("out"));
  hear(ready[1]);
  ASSERT_EQ(::kill(hear_pid(ready[0]), SIGUSR1), 0);
  EXPECT_EQ(launcher.wait(), 75);
  EXPECT_THAT(read_file(run_folder().log(1)), HasSubstr("saved\n"));
}

TEST_F(Preemption, OfACommandsRankAloneIsTheSameRequest) {
  const std::string ready[] = {fifo("ready0"), fifo("ready1")};
  LauncherProcess launcher(
      preemptible({{"tell-pid:" + ready[0], "sleep"},
                   {"block:" + number(SIGUSR1), "tell-hello:" + ready[1],
                    "await-signal:" + number(SIGUSR1), "out:saved\n", "exit:0"}}),
      path("out"));
  hear(ready[1]);
  ASSERT_EQ(::kill(hear_pid(ready[0]), SIGUSR1), 0);
  EXPECT_EQ(launcher.wait(), 75);
  EXPECT_THAT(read_file(run_folder().log(1)), HasSubstr("saved\n"));
}

TEST_F(Preemption, BeforeTheFirstCheckpointIsAStop) {
  const std::string ready = fifo("ready");
  LaunchPlan own = preemptible({{"tell-hello:" + ready, "sleep"}});
  own.is_own_worker = true;
  own.supervision.grace = std::chrono::milliseconds(10);
  LauncherProcess launcher(own, path("out"));
  hear(ready);
  launcher.send(SIGUSR1);
  EXPECT_EQ(launcher.wait(), 128 + SIGUSR1);
  EXPECT_THAT(read_file(run_folder().summary()), HasSubstr("\"result\": \"stopped\""));
}

TEST_F(Preemption, KeepsTheCodeOfARealFailure) {
  const std::string ready = fifo("ready");
  const std::string turn = fifo("turn");
  LauncherProcess launcher(
      preemptible({{"block:" + number(SIGUSR1), "tell-hello:" + ready,
                    "await-signal:" + number(SIGUSR1), "record:disk full", "exit:4"},
                   {"sleep"}}),
      path("out"));
  hear(ready);
  launcher.send(SIGUSR1);
  EXPECT_EQ(launcher.wait(), 4);
}

TEST_F(Preemption, IsStillOneWhenTheBatchSystemSendsTermInTheEnd) {
  const std::string ready[] = {fifo("ready0"), fifo("ready1")};
  const std::string saving = fifo("saving");
  // Rank 0 has gone already when the rest is asked to end.
  LauncherProcess launcher(
      preemptible({{"tell-pid:" + ready[0], "sleep"},
                   {"block:" + number(SIGUSR1), "tell-hello:" + ready[1],
                    "await-signal:" + number(SIGUSR1), "tell-hello:" + saving, "sleep"}}),
      path("out"));
  const ProcessWatch first(hear_pid(ready[0]));
  hear(ready[1]);
  launcher.send(SIGUSR1);
  hear(saving);
  ASSERT_TRUE(first.ends());
  launcher.send(SIGTERM);
  EXPECT_EQ(launcher.wait(), 75);
}

TEST_F(Preemption, AskedForTwiceIsPassedOnOnce) {
  const std::string ready = fifo("ready");
  const std::string saving = fifo("saving");
  const std::string turn = fifo("turn");
  // A second SIGUSR1 would kill it: it is no longer blocked.
  LauncherProcess launcher(
      preemptible({{"block:15", "block:" + number(SIGUSR1), "tell-hello:" + ready,
                    "await-signal:" + number(SIGUSR1), "unblock:" + number(SIGUSR1),
                    "tell-hello:" + saving, "await-signal:15", "out:saved\n"}}),
      path("out"));
  hear(ready);
  launcher.send(SIGUSR1);
  hear(saving);
  launcher.send(SIGUSR1);
  launcher.send(SIGTERM);
  EXPECT_EQ(launcher.wait(), 75);
  EXPECT_THAT(read_file(run_folder().log(0)), HasSubstr("saved\n"));
}

TEST_F(Preemption, EndsAtOnceAtAnInterruptAfterTerm) {
  const std::string ready = fifo("ready");
  LauncherProcess launcher(
      preemptible({{"ignore:15", "ignore:" + number(SIGUSR1), "tell-hello:" + ready, "sleep"}}),
      path("out"));
  hear(ready);
  launcher.send(SIGUSR1);
  await_text(path("out"), "SIGUSR1, preempted: stopping 1 rank");
  launcher.send(SIGTERM);
  await_text(path("out"), "SIGTERM: stopping 1 rank");
  launcher.send(SIGINT);
  EXPECT_EQ(launcher.wait(), 75);
}

TEST_F(Preemption, ByAnInterruptTakesTwoMoreToEndAtOnce) {
  const std::string ready = fifo("ready");
  LauncherProcess launcher(preemptible({{"ignore:2", "tell-hello:" + ready, "sleep"}}, SIGINT),
                           path("out"));
  hear(ready);
  launcher.send(SIGINT);
  await_text(path("out"), "SIGINT, preempted: stopping 1 rank, killing after 600 s\n");
  launcher.send(SIGINT);
  await_text(path("out"), "SIGINT: stopping 1 rank, killing after 600 s; Ctrl-C again kills");
  launcher.send(SIGINT);
  EXPECT_EQ(launcher.wait(), 75);
}

TEST_F(Signals, OfTermReachOneThatTookNoNoticeOfAnInterrupt) {
  const std::string ready = fifo("ready");
  LaunchPlan made =
      plan({{"ignore:2", "block:15", "tell-hello:" + ready, "await-signal:15", "out:saved\n"}});
  made.supervision.grace = minutes(10);
  LauncherProcess launcher(made, path("out"));
  hear(ready);
  launcher.send(SIGINT);
  await_text(path("out"), "SIGINT: stopping 1 rank");
  launcher.send(SIGTERM);
  EXPECT_EQ(launcher.wait(), 130);
  EXPECT_THAT(read_file(run_folder().log(0)), HasSubstr("saved\n"));
}

TEST_F(Signals, OfTermAndOfAHangUpThatComeAgainAreTheSameRequest) {
  const std::string ready = fifo("ready");
  const std::string saving = fifo("saving");
  const std::string turn = fifo("turn");
  LaunchPlan made = plan({{"block:15", "tell-hello:" + ready, "await-signal:15",
                           "tell-hello:" + saving, "await-file-end:" + turn, "out:saved\n"}});
  made.supervision.grace = minutes(10);
  LauncherProcess launcher(made, path("out"));
  hear(ready);
  launcher.send(SIGTERM);
  hear(saving);
  launcher.send(SIGTERM);
  launcher.send(SIGHUP);
  let_go_on(turn);
  EXPECT_EQ(launcher.wait(), 143);
  EXPECT_THAT(read_file(run_folder().log(0)), HasSubstr("saved\n"));
}

TEST_F(Signals, OfAHangUpMeanTermUnlessIgnored) {
  const std::string ready = fifo("ready");
  LaunchPlan made = plan({{"block:15", "tell-hello:" + ready, "await-signal:15", "out:saved\n"}});
  made.supervision.grace = minutes(10);
  LauncherProcess launcher(made, path("out"));
  hear(ready);
  launcher.send(SIGHUP);
  EXPECT_EQ(launcher.wait(), 129);
  EXPECT_THAT(read_file(run_folder().log(0)), HasSubstr("saved\n"));
  EXPECT_THAT(read_file(run_folder().summary()), HasSubstr("\"result\": \"stopped\""));
}

}  // namespace
}  // namespace dplaunch
