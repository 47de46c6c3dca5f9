// Ranks that hang.
#include <gmock/gmock.h>
#include <signal.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "await.h"
#include "common/stack_signal.h"
#include "process_test_support.h"

namespace dplaunch {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using ::testing::HasSubstr;

class Stall : public ProcessTest {
 protected:
  /// Where a rank that is slow to start must not be taken for the one that hangs.
  static constexpr milliseconds kLong{2000};

  LaunchPlan watched(const std::vector<std::vector<std::string>>& acts, OnStall on_stall,
                     milliseconds timeout = milliseconds(300)) const {
    LaunchPlan made = plan(acts);
    made.is_own_worker = true;
    made.supervision.stall_timeout = timeout;
    made.supervision.on_stall = on_stall;
    return made;
  }

  /// The acts of a rank that comes to `step` and stays there.
  static std::vector<std::string> stand_at(int step) {
    return {"ignore:" + std::to_string(stack_signal()), "status-step:" + std::to_string(step),
            "sleep"};
  }

  json job() const { return json::parse(read_file(run_folder().summary()))["job"]; }
};

TEST_F(Stall, NamesTheRankAndItsStepAndWhereTheOthersWait) {
  LauncherProcess launcher(watched({stand_at(413), stand_at(412), stand_at(413)}, OnStall::kWarn),
                           path("out"));
  await_text(path("out"),
             "hangs at epoch 1, step 412 for 0 s; the others wait at epoch 1, "
             "step 413\n");
  const std::string out = read_file(path("out"));
  EXPECT_THAT(out, HasSubstr("dplaunch: warning: rank 1 (cpu, pid "));
  launcher.send(SIGTERM);
  EXPECT_EQ(launcher.wait(), 143) << "nobody was killed before";
}

TEST_F(Stall, AsksTheTrainerForItsStackAndKillsNobodyWithWarn) {
  const std::string got = fifo("got");
  const std::string turn = fifo("turn");
  LauncherProcess launcher(watched({{"block:" + std::to_string(stack_signal()), "status-step:1",
                                     "await-signal:" + std::to_string(stack_signal()),
                                     "tell-hello:" + got, "await-file-end:" + turn, "exit:0"}},
                                   OnStall::kWarn),
                           path("out"));
  EXPECT_EQ(hear(got), "hello");
  let_go_on(turn);
  EXPECT_EQ(launcher.wait(), 0);
  EXPECT_EQ(job()["result"], "success");
}

TEST_F(Stall, OfAStoppedRankSaysWhatLetsItGoOn) {
  const std::string ready = fifo("ready");
  const std::string turn = fifo("turn");
  LauncherProcess launcher(
      watched({{"status-step:5", "tell-pid:" + ready, "await-file-end:" + turn, "exit:0"}},
              OnStall::kWarn, kLong),
      path("out"));
  const pid_t rank = hear_pid(ready);
  ::kill(rank, SIGSTOP);
  await_text(path("out"), "it is stopped: kill -CONT " + std::to_string(rank) + " lets it go on");
  ::kill(rank, SIGCONT);
  let_go_on(turn);
  // It was not sent the signal for its stack, which would have ended this one.
  EXPECT_EQ(launcher.wait(), 0);
}

TEST_F(Stall, EndsTheJobWithItsOwnCodeWhenAskedTo) {
  const Result result = run(watched({stand_at(413), stand_at(412)}, OnStall::kStop, kLong));
  EXPECT_EQ(result.exit_code, 6);
  EXPECT_THAT(result.err, HasSubstr("error: rank 1 (cpu, pid "));
  EXPECT_THAT(result.err, HasSubstr("hung at epoch 1, step 412 for "));
  EXPECT_EQ(job()["result"], "failed");
  EXPECT_EQ(job()["exit_code"], 6);
  EXPECT_EQ(job()["root_cause"]["rank"], 1);
  EXPECT_THAT(job()["root_cause"]["end"].get<std::string>(), HasSubstr("hung at epoch 1"));
}

TEST_F(Stall, OfACommandThatLeavesWithZeroWhenItIsEndedIsAFailure) {
  LaunchPlan command = watched({{"exit-on-term", "out:ready\n", "sleep"}}, OnStall::kStop, kLong);
  command.is_own_worker = false;
  const Result result = run(command);
  EXPECT_EQ(result.exit_code, 6);
  EXPECT_THAT(result.err, HasSubstr("hung without output for "));
  EXPECT_EQ(job()["result"], "failed");
  EXPECT_EQ(job()["exit_code"], 6);
  EXPECT_EQ(job()["root_cause"]["rank"], 0);
  EXPECT_EQ(job()["ranks"][0]["exit_code"], 0);
  EXPECT_EQ(job()["ranks"][0]["signal"], 0) << "it left by itself";
}

TEST_F(Stall, IsTheRootCauseOfAJobThatIsInterruptedBeforeItsRestart) {
  LaunchPlan made = watched({stand_at(413), stand_at(412)}, OnStall::kRestart, kLong);
  made.supervision.max_restarts = 1;
  made.supervision.back_off = milliseconds(60000);
  LauncherProcess launcher(made, path("out"));
  await_text(path("out"), "dplaunch: restart 1 of 1 in 60 s");
  launcher.send(SIGINT);
  EXPECT_EQ(launcher.wait(), 130);
  EXPECT_EQ(job()["result"], "stopped");
  EXPECT_EQ(job()["root_cause"]["rank"], 1);
  EXPECT_THAT(job()["root_cause"]["end"].get<std::string>(), HasSubstr("hung at epoch 1"));
}

TEST_F(Stall, StartsTheJobAnewWhenAskedTo) {
  const std::string ignore_stack = "ignore:" + std::to_string(stack_signal());
  LaunchPlan made = watched({{ignore_stack, "status-step:3", "succeed-later", "sleep"},
                             {ignore_stack, "status-step:2", "succeed-later", "sleep"}},
                            OnStall::kRestart, kLong);
  made.supervision.max_restarts = 1;
  made.supervision.back_off = milliseconds(1);
  const Result result = run(made);
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(job()["restarts"], 1);
  EXPECT_THAT(result.err, HasSubstr("rank 1 (cpu, pid "));
  EXPECT_THAT(result.err, HasSubstr("hung"));
}

TEST_F(Stall, IsNotTheTimeInWhichTheJobWasSuspended) {
  const std::string ready = fifo("ready");
  const std::string turn = fifo("turn");
  LaunchPlan made =
      watched({{"status-step:5", "tell-hello:" + ready, "await-file-end:" + turn, "exit:0"}},
              OnStall::kStop);
  made.supervision.stall_timeout = milliseconds(1500);
  LauncherProcess launcher(made, path("out"));
  hear(ready);
  launcher.send(SIGSTOP);  // as a batch system suspends a job
  ASSERT_TRUE(launcher.await_stop());
  std::this_thread::sleep_for(milliseconds(2000));  // the timeout: time is what is tested
  launcher.send(SIGCONT);
  let_go_on(turn);
  EXPECT_EQ(launcher.wait(), 0) << read_file(path("out"));
}

TEST_F(Stall, OfACommandIsItsSilence) {
  const std::string turn = fifo("turn");
  LaunchPlan command =
      watched({{"out:hello\n", "await-file-end:" + turn, "exit:0"}, {"exit:0"}}, OnStall::kWarn);
  command.is_own_worker = false;
  command.run_folder.reset();  // where nobody can take its stacks by itself
  LauncherProcess launcher(command, path("out"));
  await_text(path("out"), "hangs without output for 0 s");
  await_text(path("out"), "py-spy dump --pid ");
  let_go_on(turn);
  EXPECT_EQ(launcher.wait(), 0);
}

TEST_F(Stall, IsReportedOnceUntilThereIsNewLife) {
  const std::string turn = fifo("turn");
  const std::string end = fifo("end");
  LaunchPlan command = watched(
      {{"out:one\n", "await-file-end:" + turn, "out:two\n", "await-file-end:" + end, "exit:0"}},
      OnStall::kWarn);
  command.is_own_worker = false;
  LauncherProcess launcher(command, path("out"));
  const auto count = [&] {
    const std::string text = read_file(path("out"));
    int found = 0;
    for (std::size_t at = 0; (at = text.find("hangs", at)) != std::string::npos; ++at) ++found;
    return found;
  };
  EXPECT_TRUE(await([&] { return count() == 1; }));
  let_go_on(turn);
  EXPECT_TRUE(await([&] { return count() == 2; }));
  let_go_on(end);
  EXPECT_EQ(launcher.wait(), 0);
  EXPECT_EQ(count(), 2);
}

}  // namespace
}  // namespace dplaunch
