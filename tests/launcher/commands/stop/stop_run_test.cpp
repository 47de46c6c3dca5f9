// dplaunch stop, of processes that hold a run's lock.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "base/process/host_name.h"
#include "common/run_lock.h"
#include "launcher/runs/run_state.h"
#include "tests/launcher/commands/run_test_support.h"
#include "tests/support/child_process.h"
#include "tests/support/refuse_call.h"

namespace dplaunch {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class Stop : public RunTest {
 protected:
  void add_checkpoint(const std::string& name) const {
    folder_.write("runs/" + name + "/checkpoints/epoch-0002.safetensors", "");
    std::filesystem::create_symlink("epoch-0002.safetensors", run(name).latest_checkpoint());
  }

  /// A run of this host whose launcher is said to have that pid.
  void write_launch(const std::string& name, pid_t pid) const {
    folder_.write("runs/" + name + "/launch.json", R"({"host": ")" + host_name() +
                                                       R"(", "launcher_pid": )" +
                                                       std::to_string(pid) + R"(, "ranks": []})");
  }

  RunLock hold(const std::string& name) const { return RunLock::take(run(name)); }
};

TEST_F(Stop, EndsTheRunAndSaysHowToGoOn) {
  const auto launcher = launch("mine", 1, "stopped");
  add_checkpoint("mine");
  const auto result = command("stop mine");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("asked launcher " + std::to_string(launcher->pid()) +
                              " to stop; waiting, up to 12.5 s"),
                    HasSubstr("stopped after 1:01, exit code 143\n"),
                    HasSubstr("to go on from epoch-0002: dplaunch --resume=./runs/mine\n")));
  EXPECT_EQ(launcher->wait(), 143);
}

TEST_F(Stop, SaysThatALauncherLeftNoWord) {
  const auto launcher = launch("mine", 1, "silent");
  EXPECT_THAT(command("stop").out, AllOf(HasSubstr("left no word of how the run ended"),
                                         HasSubstr("there is no checkpoint to go on from")));
}

TEST_F(Stop, GivesUpAtItsTimeout) {
  const auto launcher = launch("mine", 1, "second");
  const auto result = command("stop mine --timeout 1");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, AllOf(HasSubstr("still runs after 1 s"), HasSubstr("--now")));
  EXPECT_EQ(command("stop mine").exit_code, 0);  // the second SIGTERM
}

TEST_F(Stop, NowInterruptsAfterAsking) {
  const auto launcher = launch("mine", 1, "second");
  const auto result = command("stop mine --now");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(launcher->wait(), 130);
}

TEST_F(Stop, WakesALauncherThatIsSuspended) {
  const auto launcher = launch("mine", 1, "stopped");
  launcher->send(SIGSTOP);
  EXPECT_EQ(command("stop mine").exit_code, 0);
  EXPECT_EQ(launcher->wait(), 143);
}

TEST_F(Stop, DoesWithoutPidfds) {
  const auto launcher = launch("mine", 1, "stopped");
  dplaunch::testing::ChildProcess child([&] {
    dplaunch::testing::refuse_call(SYS_pidfd_open, ENOSYS);
    dplaunch::testing::refuse_call(SYS_pidfd_send_signal, ENOSYS);
    return command("stop mine").exit_code;
  });
  EXPECT_EQ(child.wait(), 0);
  EXPECT_EQ(launcher->wait(), 143);
}

TEST_F(Stop, HasNothingToDoAfterTheEnd) {
  const auto launcher = launch("mine", 1, "stopped");
  EXPECT_EQ(command("stop").exit_code, 0);
  const auto again = command("stop");
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_THAT(again.out, HasSubstr("nothing to stop: the run is stopped after 1:01"));
  EXPECT_EQ(command("stop other").exit_code, 1);
}

TEST_F(Stop, NeverSignalsAProcessThatIsNotDplaunch) {
  dplaunch::testing::ChildProcess child([] {
    ::pause();
    return 0;
  });
  write_launch("mine", ::getpid());  // holds the lock, but is a test
  const RunLock lock = hold("mine");
  const auto result = command("stop mine --now");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, AllOf(HasSubstr("is not dplaunch but launcher_tests"),
                                HasSubstr("nothing was signalled")));
}

TEST_F(Stop, NeverSignalsTheLauncherOfAnotherRun) {
  const auto other = launch("other", 1, "stopped");
  write_launch("mine", other->pid());
  const RunLock lock = hold("mine");
  EXPECT_THAT(command("stop mine --now").err, HasSubstr("is the dplaunch of another run"));
  EXPECT_THAT(command("status other").out, HasSubstr("running since"));
}

TEST_F(Stop, NeverSignalsAProcessThatGotTheNumberOfADeadLauncher) {
  const auto other = launch("other", 1, "stopped");
  write_launch("mine", other->pid());  // but nobody holds the lock of "mine"
  const auto result = command("stop mine --now");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, HasSubstr("nothing to stop: not running"));
  EXPECT_THAT(command("status other").out, HasSubstr("running since"));
}

TEST_F(Stop, RefusesNonsense) {
  EXPECT_EQ(command("stop --timeout soon").exit_code, 2);
  EXPECT_EQ(command("stop --timeout -1").exit_code, 2);
  EXPECT_EQ(command("stop a b").exit_code, 2);
}

}  // namespace
}  // namespace dplaunch
