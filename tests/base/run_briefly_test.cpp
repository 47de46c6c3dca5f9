#include "base/process/run_briefly.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dplaunch::doctor {
namespace {

using ::testing::HasSubstr;

BriefRun sh(const std::string& script,
            std::chrono::milliseconds timeout = std::chrono::seconds(60)) {
  return run_briefly({"/bin/sh", "-c", script}, {"PATH=/usr/bin:/bin", "WORD=there"}, timeout);
}

TEST(RunBriefly, GivesBothOutputs) {
  const BriefRun run = sh("echo $WORD; echo beside >&2; cat");
  EXPECT_EQ(run.output, "there\nbeside\n") << "and there is no input to wait for";
  EXPECT_EQ(run.problem, "");
}

TEST(RunBriefly, SaysHowItFailed) {
  EXPECT_EQ(sh("echo why; exit 7").problem, "exit code 7");
  EXPECT_EQ(sh("echo why; exit 7").output, "why\n");
  EXPECT_THAT(sh("kill -9 $$").problem, HasSubstr("Killed"));
  EXPECT_EQ(run_briefly({"/nonexistent"}, {}, std::chrono::seconds(1)).problem,
            "No such file or directory");
}

TEST(RunBriefly, KillsWhatDoesNotEnd) {
  EXPECT_THAT(sh("echo $$; exec sleep 600", std::chrono::milliseconds(100)).problem,
              HasSubstr("no end"));
  // A child that lives on with the output open does not hold us up.
  EXPECT_THAT(sh("sleep 2 & exit 0", std::chrono::milliseconds(100)).problem, HasSubstr("no end"));
}

TEST(RunBriefly, StopsReadingAFlood) {
  const BriefRun run = sh("exec yes");
  EXPECT_THAT(run.problem, HasSubstr("too much output"));
  EXPECT_LE(run.output.size(), 70000U);
}

}  // namespace
}  // namespace dplaunch::doctor
