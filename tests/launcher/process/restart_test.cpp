// Failed jobs that are started anew.
#include <gmock/gmock.h>
#include <signal.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "process_test_support.h"

namespace dplaunch {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::minutes;
using ::testing::HasSubstr;
using ::testing::Not;

class Restart : public ProcessTest {
 protected:
  LaunchPlan restarted(const std::vector<std::vector<std::string>>& acts, int max_restarts) const {
    LaunchPlan made = plan(acts);
    made.supervision.max_restarts = max_restarts;
    made.supervision.back_off = milliseconds(1);
    for (RankPlan& rank : made.ranks) rank.environment.max_restarts = max_restarts;
    return made;
  }

  json job() const { return json::parse(read_file(run_folder().summary()))["job"]; }

  /// Without what the launcher writes between two attempts, as the pages have it.
  std::string unmarked_log(int rank) const {
    static const std::regex kMark("=== dplaunch: attempt 1, restart [0-9]+, [-0-9]+ [:0-9]+ ===\n");
    return std::regex_replace(read_file(run_folder().log(rank)), kMark, "");
  }

  std::string variable(const std::string& file, const std::string& name) const {
    const std::string text = "\n" + read_file(path(file));
    const std::size_t start = text.find("\n" + name + "=");
    if (start == std::string::npos) return "";
    const std::size_t value = start + name.size() + 2;
    return text.substr(value, text.find('\n', value) - value);
  }
};

TEST_F(Restart, StartsAllRanksAnewOnAFreshRendezvousUntilOneAttemptSucceeds) {
  const std::string other = fifo("other");
  const auto environment = [&](const std::string& rank) {
    return "environment-of-attempt:" + path(rank).string();
  };
  // Rank 1 fails when rank 0 has written all that this test looks for.
  const Result result = run(restarted({{environment("rank0-"), "tell-hello:" + other},
                                       {environment("rank1-"), "out-attempt:attempt ",
                                        "await-file-end:" + other, "exit-by-attempt:7,9,0"}},
                                      5));
  EXPECT_EQ(result.exit_code, 0);
  std::set<std::string> ports;
  for (const std::string attempt : {"0", "1", "2"}) {
    for (const std::string rank : {"rank0-", "rank1-"}) {
      EXPECT_EQ(variable(rank + attempt, "TORCHELASTIC_RESTART_COUNT"), attempt);
      EXPECT_EQ(variable(rank + attempt, "TORCHELASTIC_MAX_RESTARTS"), "5");
    }
    EXPECT_EQ(variable("rank0-" + attempt, "MASTER_PORT"),
              variable("rank1-" + attempt, "MASTER_PORT"));
    ports.insert(variable("rank0-" + attempt, "MASTER_PORT"));
  }
  EXPECT_EQ(ports.size(), 3U) << "a connection of the last attempt must not meet the next";
  EXPECT_EQ(unmarked_log(1), "attempt 0\nattempt 1\nattempt 2\n");
  EXPECT_THAT(result.out, HasSubstr("dplaunch: restart 1 of 5 in "));
  EXPECT_THAT(result.out, HasSubstr("dplaunch: restart 2 of 5 in "));
  EXPECT_THAT(result.err, HasSubstr("exit code 7"));
  EXPECT_THAT(result.err, HasSubstr("exit code 9"));
  EXPECT_EQ(job()["result"], "success");
  EXPECT_EQ(job()["restarts"], 2);
  EXPECT_EQ(job()["root_cause"], json());
}

TEST_F(Restart, GivesUpAfterSoManyWithoutProgress) {
  const Result result = run(restarted({{"out-attempt:attempt ", "exit-by-attempt:1,2,3,0"}}, 2));
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(unmarked_log(0), "attempt 0\nattempt 1\nattempt 2\n");
  EXPECT_EQ(job()["result"], "failed");
  EXPECT_EQ(job()["restarts"], 2);
  EXPECT_EQ(job()["exit_code"], 3);
  EXPECT_EQ(job()["root_cause"]["rank"], 0);
  EXPECT_EQ(job()["root_cause"]["end"], "exit code 3");
}

TEST_F(Restart, CountsAnewAfterANewCheckpoint) {
  // With one restart allowed: five failures, each after a checkpoint, do not end the job.
  const Result result = run(restarted({{"checkpoint:step-", "exit-by-attempt:1,1,1,1,1,0"}}, 1));
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(job()["restarts"], 5);
  EXPECT_THAT(result.out, Not(HasSubstr("restart 2 of")));
}

TEST_F(Restart, DoesNotTryAgainWhatTheTrainerWouldMeetAgain) {
  for (const int code : {2, 3, 4}) {
    LaunchPlan own = restarted({{"exit:" + std::to_string(code)}}, 3);
    own.is_own_worker = true;
    EXPECT_EQ(run(own).exit_code, code);
    EXPECT_EQ(job()["restarts"], 0);
  }
  // A command may mean anything by its codes.
  EXPECT_EQ(run(restarted({{"exit-by-attempt:2,0"}}, 1)).exit_code, 0);
}

TEST_F(Restart, EndsWithTheSignalThatComesDuringTheBackOff) {
  for (const int signal : {SIGINT, SIGTERM}) {
    LaunchPlan made = restarted({{"exit:7"}}, 3);
    made.supervision.back_off = minutes(1);
    const std::string out = "out" + std::to_string(signal);
    LauncherProcess launcher(made, path(out));
    await_text(path(out), "restart 1 of 3 in 60 s");
    launcher.send(signal);
    EXPECT_EQ(launcher.wait(), 128 + signal);
    EXPECT_EQ(job()["result"], "stopped");
    EXPECT_EQ(job()["restarts"], 0);
  }
}

TEST_F(Restart, IsPreemptedDuringTheBackOffToo) {
  LaunchPlan made = restarted({{"exit:7"}}, 3);
  made.supervision.back_off = minutes(1);
  made.supervision.preempt_signal = SIGUSR1;
  LauncherProcess launcher(made, path("out"));
  await_text(path("out"), "restart 1 of 3 in 60 s");
  launcher.send(SIGUSR2);  // nobody is there to get it
  launcher.send(SIGUSR1);
  EXPECT_EQ(launcher.wait(), 75);
  EXPECT_EQ(job()["result"], "preempted");
}

TEST_F(Restart, IsNotMadeWhenTheUserHasSeenEnoughOfTheFailure) {
  const std::string ready = fifo("ready");
  LaunchPlan made = restarted(
      {{"ignore:15", "tell-hello:" + ready, "sleep"}, {"await-file-end:" + fifo("turn"), "exit:7"}},
      3);
  made.supervision.grace = minutes(10);
  LauncherProcess launcher(made, path("out"));
  hear(ready);
  let_go_on(path("turn"));
  await_text(path("out"), "rank 1 failed, exit code 7: stopping 1 rank");
  launcher.send(SIGINT);
  EXPECT_EQ(launcher.wait(), 7);
  EXPECT_EQ(job()["result"], "failed");
  EXPECT_EQ(job()["restarts"], 0);
}

}  // namespace
}  // namespace dplaunch
