// Exit codes, root causes and what a worker is given.
#include "launcher/process/supervise.h"

#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "base/error.h"
#include "base/monotonic_clock.h"
#include "common/error_record.h"
#include "process_test_support.h"

namespace dplaunch {
namespace {

using Supervise = ProcessTest;

std::map<std::string, std::string> read_environment(const std::filesystem::path& path) {
  std::map<std::string, std::string> variables;
  std::istringstream lines(read_file(path));
  for (std::string line; std::getline(lines, line);) {
    variables[line.substr(0, line.find('='))] = line.substr(line.find('=') + 1);
  }
  return variables;
}

TEST_F(Supervise, SucceedsWhenAllRanksDo) {
  const Result result = run(plan({{"exit:0"}, {"exit:0"}}));
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.err, "");
}

TEST_F(Supervise, PassesTheExitCodeOn) {
  for (const int code : {1, 7, 127, 255}) {
    const std::string act = "exit:" + std::to_string(code);
    EXPECT_EQ(run(plan({{"sleep"}, {act}})).exit_code, code);
    EXPECT_EQ(run(plan({{act}})).exit_code, code);
  }
}

TEST_F(Supervise, TellsASignalFromAnExitCode) {
  for (const int signal : {SIGKILL, SIGABRT, SIGTERM}) {
    EXPECT_EQ(run(plan({{"kill-self:" + std::to_string(signal)}, {"sleep"}})).exit_code,
              128 + signal);
    EXPECT_EQ(run(plan({{"exit:" + std::to_string(signal)}, {"sleep"}})).exit_code, signal);
  }
}

TEST_F(Supervise, LetsTheOthersGoOnWhenARankIsDone) {
  const std::string from_other = fifo("other");
  // Rank 0 ends only when rank 1 has gone on to speak, after rank 2's success.
  const Result result = run(plan(
      {{"await-file-end:" + from_other, "out:done\n"}, {"tell-pid:" + from_other}, {"exit:0"}}));
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.out, "[0] done\n");
}

TEST_F(Supervise, KillsWhatIgnoresTermAfterTheGrace) {
  LaunchPlan stubborn = plan({{"ignore:15", "tell-pid:" + fifo("ready"), "sleep"},
                              {"await-file-end:" + path("ready").string(), "exit:7"}});
  stubborn.supervision.grace = std::chrono::milliseconds(200);
  const std::int64_t start_ns = monotonic_ns();
  EXPECT_EQ(run(stubborn).exit_code, 7);
  const std::int64_t took_ms = (monotonic_ns() - start_ns) / 1'000'000;
  EXPECT_GE(took_ms, 200);
  EXPECT_LT(took_ms, 8000);
}

TEST_F(Supervise, StopsAtOnceWhatObeysTerm) {
  LaunchPlan obedient = plan({{"sleep"}, {"exit:7"}});
  obedient.supervision.grace = std::chrono::minutes(10);
  EXPECT_EQ(run(obedient).exit_code, 7);
}

TEST_F(Supervise, NamesTheRankThatFailedFirstThoughItDiedLater) {
  const std::string recorded = fifo("recorded");
  // Rank 1 records its failure, is slow to die, and rank 0 dies of it before.
  const Result result = run(plan({{"await-file-end:" + recorded, "exit:9"},
                                  {"record:bad label", "tell-pid:" + recorded, "sleep"}}));
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_NE(result.err.find("rank 1 (cpu, pid "), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("  bad label\n  hint: mend it\n"), std::string::npos) << result.err;
}

TEST_F(Supervise, NamesTheLostPeerRatherThanTheRankThatMissedIt) {
  const std::string ready = fifo("ready");
  // Whichever death is seen first: the launcher's SIGTERM does not change what ended rank 1.
  const Result result =
      run(plan({{"await-file-end:" + ready, "record-consequence:lost rank 1", "exit:5"},
                {"ignore:15", "tell-pid:" + ready, "kill-self:6"}}));
  EXPECT_EQ(result.exit_code, 128 + SIGABRT);
  EXPECT_NE(result.err.find("rank 1 (cpu, pid "), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("killed by SIGABRT"), std::string::npos) << result.err;
}

TEST_F(Supervise, ReportsStepLastWordsAndLog) {
  const Result result = run(plan({{"status-step:812", "err:ValueError: no", "exit:3"}, {"sleep"}}));
  EXPECT_NE(result.err.find("failed: exit code 3 at epoch 1, step 812\n"), std::string::npos)
      << result.err;
  EXPECT_NE(result.err.find("| ValueError: no\n"), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("1 rank stopped"), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("log: " + run_folder().log(0).string()), std::string::npos)
      << result.err;
}

TEST_F(Supervise, ForgetsTheErrorRecordsOfAnEarlierRun) {
  EXPECT_EQ(run(plan({{"record:old", "exit:1"}})).exit_code, 1);
  const Result result = run(plan({{"exit:3"}}));
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(result.err.find("old"), std::string::npos) << result.err;
}

TEST_F(Supervise, GivesEachRankItsEnvironment) {
  ::setenv("TEST_INHERITED", "inherited", 1);
  ::setenv("DPLAUNCH_STORE_FD", "77", 1);  // of an outer launcher
  LaunchPlan two =
      plan({{"environment:" + path("0").string()}, {"environment:" + path("1").string()}});
  two.ranks[1].variables = {{"CUDA_VISIBLE_DEVICES", "GPU-6f3"}, {"OMP_NUM_THREADS", "3"}};
  EXPECT_EQ(run(two).exit_code, 0);
  ::unsetenv("DPLAUNCH_STORE_FD");
  auto first = read_environment(path("0"));
  auto second = read_environment(path("1"));
  EXPECT_EQ(first["RANK"], "0");
  EXPECT_EQ(second["RANK"], "1");
  EXPECT_EQ(second["WORLD_SIZE"], "2");
  EXPECT_EQ(second["CUDA_VISIBLE_DEVICES"], "GPU-6f3");
  EXPECT_EQ(second["OMP_NUM_THREADS"], "3");
  EXPECT_EQ(second["TEST_INHERITED"], "inherited");
  EXPECT_EQ(second["DPLAUNCH_RUN_DIR"], run_folder().root());
  EXPECT_EQ(second["DPLAUNCH_STATUS_BOARD"], run_folder().status_board());
  EXPECT_EQ(second["TORCHELASTIC_ERROR_FILE"], run_folder().error_record(1));
  EXPECT_GT(std::stoi(first["MASTER_PORT"]), 0);
  EXPECT_EQ(first["MASTER_PORT"], second["MASTER_PORT"]);
  EXPECT_EQ(first.count("DPLAUNCH_STORE_FD"), 1U);
  EXPECT_EQ(second.count("DPLAUNCH_STORE_FD"), 0U);
}

TEST_F(Supervise, HandsTheListeningSocketToRankZeroAlone) {
  const UniqueFd of_launcher(::dup(STDOUT_FILENO));  // inheritable, but no worker's business
  LaunchPlan own =
      plan({{"descriptors:" + path("d0").string(), "environment:" + path("0").string()},
            {"descriptors:" + path("d1").string(), "environment:" + path("1").string()}});
  own.is_own_worker = true;
  EXPECT_EQ(run(own).exit_code, 0);
  const auto numbers = [](const std::string& text) {
    std::istringstream lines(text);
    std::set<std::string> found;
    for (std::string line; std::getline(lines, line);) found.insert(line);
    return found;
  };
  auto first = read_environment(path("0"));
  auto second = read_environment(path("1"));
  EXPECT_EQ(numbers(read_file(path("d0"))),
            (std::set<std::string>{"0", "1", "2", first["DPLAUNCH_LIFELINE_FD"],
                                   first["DPLAUNCH_STORE_FD"] + " listening"}));
  EXPECT_EQ(numbers(read_file(path("d1"))),
            (std::set<std::string>{"0", "1", "2", second["DPLAUNCH_LIFELINE_FD"]}));
}

TEST_F(Supervise, RunsWithoutARunFolder) {
  LaunchPlan bare = plan({{"out:hello\n", "environment:" + path("0").string(), "exit:6"}});
  bare.run_folder.reset();
  const Result result = run(bare);
  EXPECT_EQ(result.exit_code, 6);
  EXPECT_EQ(result.out, "hello\n");
  EXPECT_EQ(read_environment(path("0")).count("TORCHELASTIC_ERROR_FILE"), 0U);
}

struct BadExecutable {
  const char* name;
  ExitCode code;
};

TEST_F(Supervise, NamesAnExecutableThatCannotRun) {
  std::ofstream(path("plain")) << "text";
  std::ofstream(path("garbage")) << "no program";
  std::filesystem::permissions(path("garbage"), std::filesystem::perms::owner_all);
  std::filesystem::create_directory(path("folder"));
  for (const BadExecutable& bad : {BadExecutable{"missing", ExitCode::kNotFound},
                                   BadExecutable{"plain", ExitCode::kNotExecutable},
                                   BadExecutable{"garbage", ExitCode::kNotExecutable},
                                   BadExecutable{"folder", ExitCode::kNotExecutable}}) {
    // Rank 0 runs already when rank 1 turns out not to.
    LaunchPlan broken = plan({{"sleep"}, {}});
    broken.ranks[1].argv = {path(bad.name)};
    try {
      run(broken);
      FAIL() << bad.name;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), bad.code) << bad.name;
      EXPECT_NE(std::string(error.what()).find(path(bad.name)), std::string::npos) << error.what();
    }
  }
}

TEST_F(Supervise, RejectsARunFolderThatCannotBe) {
  std::ofstream(path("run")) << "a file";
  try {
    run(plan({{"exit:0"}}));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kStorage);
  }
}

}  // namespace
}  // namespace dplaunch
