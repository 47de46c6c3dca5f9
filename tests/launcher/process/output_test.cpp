// What becomes of the workers' output.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <fstream>

#include "process_test_support.h"

namespace dplaunch {
namespace {

using ::testing::MatchesRegex;

using Output = ProcessTest;

// The acting worker's pattern, computed here once more.
std::string pattern(std::size_t size_bytes) {
  std::string bytes(size_bytes, '\0');
  std::uint32_t state = 1;
  for (char& byte : bytes) {
    state = state * 1664525U + 1013904223U;
    byte = static_cast<char>(state >> 24);
  }
  return bytes;
}

TEST_F(Output, ShowsAllErrorsAndRankZerosOutputWithPrefixes) {
  const std::string turn = fifo("turn");
  const Result result = run(plan({{"await-file-end:" + turn, "out:a\nb", "err:c\n"},
                                  {"out:hidden\n", "err:d\n", "tell-pid:" + turn}}));
  EXPECT_NE(result.out.find("[0] a\n"), std::string::npos);
  EXPECT_NE(result.out.find("[0] b\n"), std::string::npos);
  EXPECT_NE(result.out.find("[0] c\n"), std::string::npos);
  EXPECT_NE(result.out.find("[1] d\n"), std::string::npos);
  EXPECT_EQ(result.out.find("hidden"), std::string::npos);
  EXPECT_NE(read_file(run_folder().log(1)).find("hidden\n"), std::string::npos);
}

TEST_F(Output, HasNoPrefixForASingleRank) {
  EXPECT_EQ(run(plan({{"out:50%\r100%\ndone"}})).out, "50%\r100%\ndone");
}

TEST_F(Output, KeepsEveryByteOfABinaryFlood) {
  constexpr std::size_t kSize = 20'000'000;
  const std::string act = "out-pattern:" + std::to_string(kSize);
  EXPECT_EQ(run(plan({{act}, {act}})).exit_code, 0);
  EXPECT_TRUE(read_file(run_folder().log(0)) == pattern(kSize));
  EXPECT_TRUE(read_file(run_folder().log(1)) == pattern(kSize));
}

TEST_F(Output, KeepsTheLastWordsOfARankThatDies) {
  run(plan({{"out-pattern:60000", "exit:1"}, {"sleep"}}));
  EXPECT_TRUE(read_file(run_folder().log(0)) == pattern(60000));
}

TEST_F(Output, GoesOnInTheLogOfAResumedRun) {
  run(plan({{"out:one\n"}}));
  LaunchPlan resumed = plan({{"out:two\n"}});
  resumed.append_logs = true;
  resumed.attempt = 2;
  run(resumed);
  EXPECT_THAT(read_file(run_folder().log(0)),
              MatchesRegex("one\n=== dplaunch: attempt 2, [-0-9]+ [:0-9]+ ===\ntwo\n"));
  run(plan({{"out:three\n"}}));
  EXPECT_EQ(read_file(run_folder().log(0)), "three\n");
}

TEST_F(Output, WarnsOnceOfAFullDiskAndGoesOn) {
  std::filesystem::create_directories(run_folder().root());
  std::filesystem::create_symlink("/dev/full", run_folder().log(0));
  const Result result = run(plan({{"out-pattern:300000", "out:end\n"}}));
  EXPECT_EQ(result.exit_code, 0);
  const std::string warning = "dplaunch: warning: " + run_folder().log(0).string();
  const std::size_t first = result.out.find(warning);
  ASSERT_NE(first, std::string::npos);
  EXPECT_EQ(result.out.find(warning, first + 1), std::string::npos);
  EXPECT_NE(result.out.find("end\n"), std::string::npos);
}

TEST_F(Output, DoesNotWaitForAGrandchildThatKeepsThePipe) {
  const std::string ready = fifo("ready");
  LaunchPlan with_grandchild =
      plan({{"await-file-end:" + ready, "exit:0"}, {"fork-sleeper:" + ready, "out:x"}});
  EXPECT_EQ(run(with_grandchild).exit_code, 0);
  EXPECT_EQ(read_file(run_folder().log(1)), "x");
}

TEST_F(Output, GivesNoInputToWorkers) {
  EXPECT_EQ(run(plan({{"read-stdin"}})).out, "eof");
}

TEST_F(Output, OutlivesTheReaderOfTheScreen) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ::close(ends[0]);
  LauncherProcess launcher(plan({{"out-pattern:500000", "exit:0"}}),
                           "/proc/self/fd/" + std::to_string(ends[1]));
  ::close(ends[1]);
  EXPECT_EQ(launcher.wait(), 0);
  EXPECT_TRUE(read_file(run_folder().log(0)) == pattern(500000));
}

TEST_F(Output, WarnsWhenTheScreenCannotBeWritten) {
  LauncherProcess launcher(plan({{"out-pattern:500000", "exit:0"}}), "/dev/full", [this] {
    ::dup2(::open(path("err").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600), STDERR_FILENO);
  });
  EXPECT_EQ(launcher.wait(), 0);
  EXPECT_EQ(read_file(path("err")),
            "dplaunch: warning: standard output cannot be written any more; the run goes on, its "
            "logs have everything\n");
  EXPECT_TRUE(read_file(run_folder().log(0)) == pattern(500000));
}

TEST_F(Output, OfATerminalThatStandsStillDelaysNoWorker) {
  const std::string still = fifo("still");
  const UniqueFd terminal(::open(still.c_str(), O_RDWR | O_CLOEXEC));  // opened, but never read
  const std::string done = fifo("done");
  LauncherProcess launcher(plan({{"out-pattern:2000000", "tell-pid:" + done}}), still);
  EXPECT_GT(hear_pid(done), 0);
}

}  // namespace
}  // namespace dplaunch
