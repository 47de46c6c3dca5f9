// The real launcher in real terminals, and under the real nohup.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "await.h"
#include "base/process/process_table.h"
#include "job_mark.h"
#include "process_test_support.h"
#include "terminal.h"
#include "tests/support/repetitions.h"

namespace dplaunch {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class InTerminal : public ProcessTest {
 protected:
  /// A job of two ranks, of which the second ends with 3 when `turn` is opened.
  std::vector<std::string> job() const {
    const std::string script = "echo ready; if [ $RANK = 1 ]; then cat " + path("turn").string() +
                               "; echo done; exit 3; fi";
    return {DPLAUNCH_EXECUTABLE, "--device", "cpu:2", "--name", "job", "--", "sh", "-c", script};
  }
  std::string as_command() const { return as_command(job()); }
  static std::string as_command(const std::vector<std::string>& words) {
    std::string command;
    for (const std::string& word : words) command += "'" + word + "' ";
    return command;
  }
  /// A job of two ranks that, asked to end, say "saving", and have saved when its turn has come.
  std::vector<std::string> saving_job() const {
    for (const int rank : {0, 1}) fifo(turn_of(rank));
    const std::string script = "trap \"echo saving; cat " + path("turn-").string() +
                               "$RANK; echo saved; exit 0\" TERM; sleep 600 & echo ready; wait";
    return patient_job(script);
  }
  /// A job of two ranks that run the script, and are given ten minutes to end.
  static std::vector<std::string> patient_job(const std::string& script) {
    return {DPLAUNCH_EXECUTABLE,
            "--device",
            "cpu:2",
            "--name",
            "job",
            "--grace",
            "600",
            "--",
            "sh",
            "-c",
            script};
  }
  static std::string turn_of(int rank) { return "turn-" + std::to_string(rank); }
  void let_save() const {
    for (const int rank : {0, 1}) await_text(job_folder().log(rank), "saving\n");
    for (const int rank : {0, 1}) let_go_on(path(turn_of(rank)));
    EXPECT_THAT(mark_.survivors(), IsEmpty());
    for (const int rank : {0, 1}) {
      EXPECT_THAT(read_file(job_folder().log(rank)), HasSubstr("saved\n"));
    }
    EXPECT_THAT(read_file(job_folder().summary()), HasSubstr("\"result\": \"stopped\""));
  }
  RunFolder job_folder() const { return RunFolder(path("runs") / "job"); }
  void await_ready() const {
    for (const int rank : {0, 1}) await_text(job_folder().log(rank), "ready\n");
  }

  const JobMark mark_;
};

class HangUp : public InTerminal {};

TEST_F(HangUp, IsSurvivedUnderNohupEveryTime) {
  const int rounds = testing::repetitions(20);
  int survived = 0;
  for (int round = 0; round < rounds; ++round) {
    const std::string turn = fifo("turn" + std::to_string(round));
    const std::string name = "job" + std::to_string(round);
    const pid_t launcher = ::fork();
    if (launcher == 0) {
      const std::string script = "echo ready; cat " + turn + "; exit 3";
      ::chdir(path("").c_str());
      ::execlp("sh", "sh", "-c",
               ("exec nohup '" DPLAUNCH_EXECUTABLE "' --device cpu:1 --name " + name +
                " -- sh -c '" + script + "' > " + name + ".out 2>&1 < /dev/null")
                   .c_str(),
               nullptr);
      ::_exit(98);
    }
    await_text(path("runs") / name / "rank-0.log", "ready\n");
    ::kill(launcher, SIGHUP);
    let_go_on(turn);
    int status = 0;
    ASSERT_EQ(::waitpid(launcher, &status, 0), launcher);
    survived += WIFEXITED(status) && WEXITSTATUS(status) == 3 ? 1 : 0;
  }
  EXPECT_EQ(survived, rounds);
}

TEST_F(HangUp, OfARealTerminalIsSurvivedUnderNohup) {
  fifo("turn");
  // The shell leads the session, and dies of the hang-up; the launcher is in its group.
  Terminal terminal(path(""), mark_.entry(), {"sh", "-c", "nohup " + as_command() + "; exit"});
  await_ready();
  terminal.close();
  EXPECT_EQ(terminal.wait(), 128 + SIGHUP);
  EXPECT_FALSE(mark_.living().empty());
  let_go_on(path("turn"));
  await_text(job_folder().summary(), "\"exit_code\": 3");
  EXPECT_THAT(mark_.survivors(), IsEmpty());
  EXPECT_THAT(read_file(job_folder().log(1)), HasSubstr("done\n"));
}

TEST_F(HangUp, OfARealTerminalEndsTheJobAsTermDoes) {
  fifo("turn");
  Terminal terminal(path(""), mark_.entry(), job());
  await_ready();
  terminal.close();
  EXPECT_EQ(terminal.wait(), 129);
  EXPECT_THAT(mark_.survivors(), IsEmpty());
  const std::string summary = read_file(job_folder().summary());
  EXPECT_THAT(summary, HasSubstr("\"result\": \"stopped\""));
  EXPECT_THAT(summary, HasSubstr("\"signal\": 15"));
}

TEST_F(HangUp, ByAnInteractiveShellAndByTheKernelIsOneRequest) {
  Terminal terminal(path(""), mark_.entry(), {"bash", "--norc", "-i"});
  terminal.type(as_command(saving_job()) + "\n");
  await_ready();
  terminal.close();
  terminal.wait();
  let_save();
}

// It signals its child, and then its group, in which the child is.
TEST_F(HangUp, IsLikeTheEndByTimeoutOneRequest) {
  Terminal terminal(
      path(""), mark_.entry(),
      {"sh", "-c", "timeout 600 " + as_command(saving_job()) + "& echo $! > pid; wait"});
  await_ready();
  await_text(path("pid"), "\n");
  ::kill(std::stoi(read_file(path("pid"))), SIGTERM);
  let_save();
}

class TypedKeys : public InTerminal {};

TEST_F(TypedKeys, CtrlCTwiceEndsTheJobNow) {
  const auto stubborn = patient_job("trap '' INT TERM; echo ready; while :; do sleep 600; done");
  Terminal terminal(path(""), mark_.entry(), stubborn);
  await_ready();
  terminal.type("\x03");
  ASSERT_TRUE(terminal.shows("Ctrl-C again kills at once"));
  terminal.type("\x03");
  ASSERT_TRUE(terminal.shows("killing 2 ranks now"));
  EXPECT_EQ(terminal.wait(), 130);
  EXPECT_THAT(mark_.survivors(), IsEmpty());
}

TEST_F(TypedKeys, CtrlZSuspendsTheJobAndTheShellLetsItGoOn) {
  fifo("turn");
  // An interactive shell's job control, in short: another group in the foreground.
  Terminal terminal(
      path(""), mark_.entry(),
      {"bash", "--norc", "-i", "-c", as_command() + "; echo stopped $?; fg; echo end $?"});
  await_ready();
  terminal.type("\x1a");
  ASSERT_TRUE(terminal.shows("stopped 147"));
  let_go_on(path("turn"));
  ASSERT_TRUE(terminal.shows("end 3"));
  terminal.wait();
  EXPECT_THAT(mark_.survivors(), IsEmpty());
}

}  // namespace
}  // namespace dplaunch
