// dplaunch status, of real run folders and processes that hold them.
#include <gmock/gmock.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/process/host_name.h"
#include "common/status_board.h"
#include "launcher/runs/hosts_file.h"
#include "launcher/runs/rank_pids.h"
#include "launcher/runs/run_state.h"
#include "tests/launcher/commands/run_test_support.h"
#include "tests/launcher/view/pseudo_terminal.h"
#include "tests/launcher/view/terminal_model.h"
#include "tests/support/child_process.h"

namespace dplaunch {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

using Status = RunTest;

TEST_F(Status, OfARunningJobShowsLauncherRanksAndProgress) {
  const auto launcher = launch("mine", 2, "stopped");
  const auto result = command("status mine");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, StartsWith("run         ./runs/mine\nstate       running since "));
  EXPECT_THAT(result.out, HasSubstr(", launcher pid " + std::to_string(launcher->pid()) + "\n"));
  EXPECT_THAT(result.out,
              HasSubstr("\n[1]  epoch 3/10  step 30/100  64 images/s  loss 1.2500  forward\n"));
  EXPECT_THAT(result.out, HasSubstr("  30%  ETA 1:10\n"));  // 70 steps of 64 images at 64 a second
  EXPECT_THAT(result.out, HasSubstr("  23%  ETA 12:50\n"));
}

TEST_F(Status, OfARunThatWasKilledSaysThatNobodyHoldsIt) {
  launch("mine", 1, "stopped")->send(SIGKILL);
  EXPECT_THAT(command("status mine").out,
              AllOf(HasSubstr("state       not running: no launcher holds"),
                    HasSubstr("(killed?)\n"), Not(HasSubstr("pid"))));
}

TEST_F(Status, ReportsHowTheRunEnded) {
  const auto launcher = launch("mine", 1, "stopped");
  launcher->send(SIGTERM);
  EXPECT_EQ(launcher->wait(), 143);
  EXPECT_THAT(command("status").out, HasSubstr("state       stopped after 1:01, exit code 143\n"));
}

TEST_F(Status, ReportsTheRootCauseOfAFailure) {
  launch("mine", 1, "stopped")->send(SIGKILL);
  folder_.write("runs/mine/summary.json", R"({"job": {"result": "failed", "exit_code": 4,
    "seconds": 7200, "restarts": 2, "root_cause": {"rank": 3, "pid": 9, "device": "GPU-a",
    "message": "train.bin: too short\nmore", "hint": "fetch it again", "exit_code": 4, "signal": 0,
    "log": "runs/mine/rank-3.log"}}})");
  EXPECT_THAT(command("status mine").out,
              HasSubstr("state       failed after 2:00:00, 2 restarts, exit code 4\n"
                        "cause       rank 3 (GPU-a): train.bin: too short\n"
                        "hint        fetch it again\n"
                        "log         runs/mine/rank-3.log\n"));
}

TEST_F(Status, DoesNotTakeAnEarlierEndForThatOfAResumedRun) {
  auto launcher = launch("mine", 1, "stopped");
  launcher->send(SIGTERM);
  launcher->wait();
  launcher = launch("mine", 1, "stopped");
  EXPECT_THAT(command("status mine").out, HasSubstr("state       running since"));
  launcher.reset();  // killed
  EXPECT_THAT(command("status mine").out, HasSubstr("state       not running"));
}

// By tar -m or git, or where the clock was set back.
TEST_F(Status, OfACopyThatHasOtherTimesIsTheSame) {
  ASSERT_EQ(command("--device cpu:1 --name mine -- true").exit_code, 0);
  const auto started = std::filesystem::last_write_time(run("mine").launch());
  std::filesystem::last_write_time(run("mine").summary(), started - std::chrono::seconds(2));
  EXPECT_THAT(command("status mine").out, HasSubstr("state       finished"));
}

TEST_F(Status, KnowsTheEndOfAnotherStartByItsIdAlone) {
  folder_.write("runs/mine/summary.json",
                R"({"start_id": "b", "job": {"result": "success", "exit_code": 0}})");
  folder_.write("runs/mine/launch.json", R"({"start_id": "b"})");
  const auto started = std::filesystem::last_write_time(run("mine").launch());
  std::filesystem::last_write_time(run("mine").summary(), started - std::chrono::hours(1));
  EXPECT_THAT(command("status mine").out, HasSubstr("state       finished"));
  // A new start, which was killed; a copy has the summary later.
  folder_.write("runs/mine/launch.json", R"({"start_id": "c"})");
  std::filesystem::last_write_time(run("mine").summary(), started + std::chrono::hours(1));
  EXPECT_THAT(command("status mine").out, HasSubstr("state       not running"));
}

TEST_F(Status, ShowsTheRunThatWasStartedLast) {
  const auto old = launch("old", 1, "stopped");
  std::filesystem::last_write_time(
      run("old").launch(), std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
  const auto newest = launch("new", 1, "stopped");
  EXPECT_THAT(command("status").out, StartsWith("run         ./runs/new\n"));
}

TEST_F(Status, FindsARunByAnyPathIntoIt) {
  const auto launcher = launch("mine", 1, "stopped");
  folder_.write("runs/mine/checkpoints/epoch-0002.safetensors", "");
  std::filesystem::create_symlink("epoch-0002.safetensors", run("mine").latest_checkpoint());
  for (const char* path : {"runs/mine", "./runs/mine/", "runs/mine/checkpoints/latest.safetensors",
                           "mine --runs runs"}) {
    EXPECT_THAT(command(std::string("status ") + path).out, HasSubstr("checkpoint  epoch-0002\n"))
        << path;
  }
}

TEST_F(Status, NamesTheRunsThereAreForAWrongName) {
  EXPECT_THAT(command("status").err, HasSubstr("./runs: there is no run yet"));
  const auto launcher = launch("resnet18-dual", 1, "stopped");
  const auto result = command("status resnet18-daul");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, AllOf(HasSubstr("./runs/resnet18-daul: no such run"),
                                HasSubstr("did you mean resnet18-dual?")));
  EXPECT_THAT(command("status other").err, HasSubstr("the newest below ./runs: resnet18-dual"));
  folder_.write("runs/empty/file", "");
  EXPECT_THAT(command("status empty").err, HasSubstr("is not a run: it has no launch.json"));
}

TEST_F(Status, SaysThatARunIsOnAnotherHost) {
  folder_.write("runs/far/launch.json", R"({"host": "far-away", "launcher_pid": 1, "ranks": []})");
  EXPECT_THAT(command("status far").out, HasSubstr("started on host far-away: "));
  EXPECT_THAT(command("stop far").err, HasSubstr("run dplaunch stop on far-away"));
  EXPECT_EQ(command("stop far").exit_code, 1);
  EXPECT_EQ(command("logs far -f").exit_code, 1);
}

TEST_F(Status, OfAJobOnSeveralHostsShowsTheRanksOfAll) {
  const auto launcher = launch("mine", 1, "stopped");
  HostProgress other{1, "far.example.org", 1, {}, "", 0};
  other.ranks = {{1, 1, StatusBoard::open(run("mine").status_board()).read(0), {}, 0}};
  HostProgress lost{2, "gone", 0, {}, "its launcher has ended", 1'700'000'000};
  write_hosts(run("mine"), "", {"here.example.org", 0, {other, lost}});
  EXPECT_THAT(command("status mine").out,
              AllOf(HasSubstr("hosts       3, this is host 0 (here.example.org)\n"),
                    HasSubstr("lost        host 2 (gone) since 2023-11-1"),
                    HasSubstr(": its launcher has ended\n"),
                    HasSubstr("\n[here:0]  epoch 3/10  step 30/100"),
                    HasSubstr("\n[far:1]   epoch 3/10  step 30/100")));
  const auto status = nlohmann::json::parse(command("status mine --json").out);
  EXPECT_EQ(status["hosts"][2]["lost"], "its launcher has ended");
  EXPECT_EQ(status["ranks"][1]["host"], "far");
  EXPECT_EQ(status["ranks"][1]["step"], 30);
}

TEST_F(Status, OfAJobThatLostAHostCountsTheRanksAsTheyAreNow) {
  const auto launcher = launch("mine", 2, "stopped");
  write_hosts(run("mine"), "", {"here", 2, {{0, "first", 0, {}, "", 0}}, 3});
  EXPECT_THAT(command("status mine").out,
              AllOf(HasSubstr("\n[here:3]  "), HasSubstr("\n[here:4]  ")));
}

TEST_F(Status, FindsThePartOfARunThatThisHostHas) {
  const auto launcher = launch("mine/host-1", 1, "stopped");
  for (const char* which : {"", "mine", "runs/mine"}) {
    EXPECT_THAT(command(std::string("status ") + which).out, HasSubstr("runs/mine/host-1\n"));
  }
  folder_.write("runs/mine/launch.json", R"({"host": "far-away", "launcher_pid": 1, "ranks": []})");
  folder_.write("runs/mine/host-2/launch.json", R"({"host": "farther", "ranks": []})");
  EXPECT_THAT(command("status").out, HasSubstr("runs/mine/host-1\nstate       running"))
      << "on a file system that the hosts share";
}

class Probe : public Status {
 protected:
  /// Of a standing run: ranks that are processes, sleeping ones.
  void put_ranks(const std::string& name) {
    sleeper_ = std::make_unique<Program>(std::vector<std::string>{"/bin/sleep", "100"});
    write_rank_pids(run(name), {{0, sleeper_->pid()}, {1, sleeper_->pid()}});
  }

  std::unique_ptr<Program> sleeper_;
};

TEST_F(Probe, OfARunningJobWhoseRanksGetOnIsZero) {
  const auto launcher = launch("mine", 2, "stopped");
  put_ranks("mine");
  const auto result = command("status --probe");
  EXPECT_EQ(result.exit_code, 0) << result.out;
  EXPECT_EQ(result.out, "./runs/mine: well\n");
}

TEST_F(Probe, NamesTheRankThatHangs) {
  const auto launcher = launch("mine", 2, "stopped");
  put_ranks("mine");
  StatusBoard board = StatusBoard::open_to_write(run("mine").status_board());
  RankStatus status = board.read(0);
  status.activity = Activity::kBackward;
  board.write(0, status);
  const auto result = command("status mine --probe --stall-timeout 0.001");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, HasSubstr("runs/mine: rank 1 hangs at epoch 3/10, step 30/100 (forward) "
                                    "for 0 s; the other waits at epoch 3/10, step 30/100 (backward "
                                    "and all-reduce)\n"));
}

TEST_F(Probe, OfWhoWaitsForAnotherHostIsZero) {
  const auto launcher = launch("mine", 1, "stopped");
  put_ranks("mine");
  RankStatus behind = StatusBoard::open(run("mine").status_board()).read(0);
  behind.step = 29;
  write_hosts(run("mine"), "", {"here", 0, {{1, "far", 1, {{1, 1, behind, {}, 0}}, "", 0}}});
  EXPECT_EQ(command("status mine --probe --stall-timeout 0.001").exit_code, 0);
}

TEST_F(Probe, OfWhatDoesNotRunIsOneAndSaysWhy) {
  EXPECT_EQ(command("status --probe").exit_code, 1) << "there is no run yet";
  launch("mine", 1, "stopped")->send(SIGKILL);
  const auto killed = command("status mine --probe");
  EXPECT_EQ(killed.exit_code, 1);
  EXPECT_THAT(killed.out, StartsWith("./runs/mine: not running: "));
  ASSERT_EQ(command("--device cpu:1 --name done -- true").exit_code, 0);
  const auto done = command("status done --probe");
  EXPECT_EQ(done.exit_code, 1);
  EXPECT_THAT(done.out, HasSubstr("finished after"));
}

TEST_F(Probe, OfACommandLooksAtItsOutputIfAskedTo) {
  const auto job = start_command(
      {"--device", "cpu:1", "--name", "quiet", "--", "sh", "-c", "echo up-$RANK; exec sleep 100"});
  ASSERT_TRUE(job->says("up-0"));
  EXPECT_EQ(command("status quiet --probe").exit_code, 0)
      << "it may be silent for as long as it likes";
  const auto silent = command("status quiet --probe --stall-timeout 0.001");
  EXPECT_EQ(silent.exit_code, 1);
  EXPECT_THAT(silent.out, HasSubstr("rank 0 hangs without output for 0 s"));
}

TEST_F(Probe, GoesWithNothingElse) {
  EXPECT_EQ(command("status --probe --json").exit_code, 2);
  EXPECT_EQ(command("status --stall-timeout 5").exit_code, 2);
}

TEST_F(Status, RefusesDamagedFiles) {
  folder_.write("runs/bad/launch.json", "{\"host\": ");
  const auto result = command("status bad");
  EXPECT_EQ(result.exit_code, 7);
  EXPECT_THAT(result.err, HasSubstr("runs/bad/launch.json: is not a JSON object"));
  folder_.write("runs/bad/launch.json", R"({"host": 3, "ranks": {"a": [1]}, "launcher_pid": "x"})");
  EXPECT_EQ(command("status bad").exit_code, 0);
}

TEST_F(Status, IsOneObjectForPrograms) {
  const auto launcher = launch("mine", 2, "stopped");
  const auto status = nlohmann::json::parse(command("status mine --json").out);
  EXPECT_EQ(status["state"], "running");
  EXPECT_EQ(status["launcher_pid"], launcher->pid());
  EXPECT_EQ(status["host"], host_name());
  EXPECT_EQ(status["ranks"].size(), 2U);
  EXPECT_EQ(status["ranks"][1]["epoch"], 3);
  EXPECT_EQ(status["ranks"][1]["activity"], "forward");
  EXPECT_EQ(status["ranks"][1]["silent_seconds"], nullptr);
  EXPECT_DOUBLE_EQ(status["progress"]["run_fraction"], 0.23);
  EXPECT_DOUBLE_EQ(status["progress"]["epoch_seconds_left"], 70);
  EXPECT_EQ(status["job"], nullptr);
  launcher->send(SIGTERM);
  launcher->wait();
  const auto ended = nlohmann::json::parse(command("status mine --json").out);
  EXPECT_EQ(ended["state"], "stopped");
  EXPECT_EQ(ended["job"]["exit_code"], 143);
}

TEST_F(Status, WatchesUntilTheRunEnds) {
  const auto launcher = launch("mine", 1, "stopped");
  const auto watch = start_command({"status", "mine", "--watch"});
  EXPECT_TRUE(watch->says("running since"));
  launcher->send(SIGTERM);
  EXPECT_EQ(watch->wait(), 0);
  EXPECT_THAT(watch->said(), HasSubstr("state       stopped after 1:01"));
}

TEST_F(Status, IsRedrawnInPlaceOnATerminal) {
  const auto launcher = launch("mine", 2, "stopped");
  const PseudoTerminal terminal(70, 12);
  TerminalModel model(70, 12);
  const dplaunch::testing::ChildProcess watch([&] {
    ::setenv("TERM", "xterm", 1);
    ::setenv("LC_ALL", "C", 1);
    ::dup2(terminal.slave(), STDOUT_FILENO);
    if (::chdir(folder_.path().c_str()) != 0) return 1;
    return ::execl(DPLAUNCH_EXECUTABLE, "dplaunch", "status", "-w", nullptr);
  });
  const auto shows_at = [&](std::size_t line, const std::string& text) {
    return terminal.read_until([&](const std::string& bytes) {
      model.feed(bytes);
      const auto lines = model.lines();
      return lines.size() == 6 && lines[line].find(text) != std::string::npos;
    });
  };
  EXPECT_TRUE(shows_at(2, "step 30/100"));
  StatusBoard board = StatusBoard::open_to_write(run("mine").status_board());
  RankStatus status = board.read(0);
  status.step = 31;
  board.write(0, status);
  EXPECT_TRUE(shows_at(2, "step 31/100")) << "six lines still: it was drawn over";
  launcher->send(SIGTERM);
  EXPECT_TRUE(shows_at(1, "stopped after 1:01"));
}

TEST_F(Status, AsCsvHasAColumnForEachFigureAndALineForEachWholeEpoch) {
  folder_.write("runs/mine/launch.json", "{}");
  folder_.write("runs/mine/metrics.jsonl",
                "{\"epoch\": 1, \"train_loss\": 4.25, \"note\": \"a \\\"b\\\", c\"}\n"
                "{\"epoch\": 2, \"train_loss\": 3.5, \"test_top1\": 12.75}\n"
                "{\"epoch\": 3, \"train_lo");  // being written
  const auto result = command("status mine --csv");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out,
            "epoch,train_loss,note,test_top1\n"
            "1,4.25,\"a \"\"b\"\", c\",\n"
            "2,3.5,,12.75\n");
}

TEST_F(Status, AsCsvNeedsAnEpochAndGoesWithNothingElse) {
  folder_.write("runs/mine/launch.json", "{}");
  folder_.write("runs/mine/metrics.jsonl", "");
  const auto empty = command("status mine --csv");
  EXPECT_EQ(empty.exit_code, 1);
  EXPECT_THAT(empty.err, HasSubstr("runs/mine/metrics.jsonl: holds no epoch's figures\n"));
  EXPECT_EQ(command("status mine --csv --json").exit_code, 2);
  EXPECT_EQ(command("status mine --csv --watch").exit_code, 2);
}

}  // namespace
}  // namespace dplaunch
