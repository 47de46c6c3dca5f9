#include "launcher/commands/data/run_tool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

namespace dplaunch {
namespace {

using testing::error_of;
using ::testing::HasSubstr;

TEST(RunTool, NamesAMissingProgramAndHowToInstallIt) {
  const Error error = error_of([] { run_tool({"no-such-program-of-dplaunch"}); });
  EXPECT_EQ(error.code(), ExitCode::kNotFound);
  EXPECT_THAT(error.what(), HasSubstr("no-such-program-of-dplaunch: not found"));
  EXPECT_THAT(error.hint(), HasSubstr("apt-get install"));
}

TEST(RunTool, NamesAProgramThatCannotBeRun) {
  const testing::TemporaryFolder folder;
  testing::write_text(folder / "tool", "no program");
  const Error error = error_of([&] { run_tool({(folder / "tool").string()}); });
  EXPECT_EQ(error.code(), ExitCode::kNotExecutable);
  EXPECT_THAT(error.what(), HasSubstr("Permission denied"));
}

TEST(RunTool, ReturnsOutputAndExitCodeAndReportsAnInterrupt) {
  const ToolResult result = run_tool({"sh", "-c", "echo out; exit 9"});
  EXPECT_EQ(result.output, "out\n");
  EXPECT_EQ(result.exit_code, 9);
  const auto killed_by = [](const std::string& signal) {
    return error_of([&] { run_tool({"sh", "-c", "kill -" + signal + " $$"}); });
  };
  EXPECT_EQ(killed_by("INT").code(), ExitCode::kInterrupted);
  EXPECT_EQ(killed_by("TERM").code(), ExitCode::kTerminated);
  EXPECT_EQ(killed_by("KILL").code(), ExitCode::kFailure);
  EXPECT_THAT(killed_by("KILL").what(), HasSubstr("sh was killed by signal 9 (Killed)"));
}

}  // namespace
}  // namespace dplaunch
