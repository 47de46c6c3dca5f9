#include "base/process/run_program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>

#include "tests/support/child_process.h"
#include "tests/support/temporary_folder.h"

namespace dplaunch {
namespace {

using ::testing::HasSubstr;

ProgramResult sh(const std::string& script,
                 std::chrono::milliseconds timeout = std::chrono::seconds(60)) {
  return run_program({"/bin/sh", "-c", script},
                     {.environment = std::vector<std::string>{"PATH=/usr/bin:/bin", "WORD=there"},
                      .timeout = timeout,
                      .captures_errors = true});
}

TEST(RunProgram, GivesBothOutputs) {
  const ProgramResult result = sh("echo $WORD; echo beside >&2; cat");
  EXPECT_EQ(result.output, "there\nbeside\n") << "and there is no input to wait for";
  EXPECT_EQ(result.problem, "");
  EXPECT_EQ(result.exit_code, 0);
}

TEST(RunProgram, GivesStandardOutputAloneAndInheritsTheEnvironment) {
  ::setenv("DPLAUNCH_TEST_WORD", "inherited", 1);
  ::testing::internal::CaptureStderr();
  const ProgramResult result =
      run_program({"sh", "-c", "echo $DPLAUNCH_TEST_WORD; echo beside >&2"});
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "beside\n");
  EXPECT_EQ(result.output, "inherited\n");
  ::unsetenv("DPLAUNCH_TEST_WORD");
}

TEST(RunProgram, SaysHowItFailed) {
  EXPECT_EQ(sh("echo why; exit 7").problem, "exit code 7");
  EXPECT_EQ(sh("echo why; exit 7").exit_code, 7);
  EXPECT_EQ(sh("echo why; exit 7").output, "why\n");
  EXPECT_THAT(sh("kill -9 $$").problem, HasSubstr("Killed"));
  EXPECT_EQ(sh("kill -9 $$").signal, SIGKILL);
  EXPECT_EQ(sh("kill -INT $$").signal, SIGINT);
}

TEST(RunProgram, BoundsTheFilesThatItWrites) {
  const testing::TemporaryFolder folder;
  const std::string file = (folder / "file").string();
  const ProgramResult result =
      run_program({"dd", "if=/dev/zero", "of=" + file, "bs=1000", "count=10"},
                  {.captures_errors = true, .max_file_bytes = 5000});
  EXPECT_EQ(result.exit_code, 1) << "no signal ended it";
  EXPECT_THAT(result.output, HasSubstr("File too large"));
  EXPECT_EQ(std::filesystem::file_size(file), 5000U);
}

TEST(RunProgram, SaysWhyItCouldNotBeStarted) {
  const ProgramResult missing =
      run_program({"/nonexistent"},
                  {.environment = std::vector<std::string>(), .timeout = std::chrono::seconds(1)});
  EXPECT_EQ(missing.problem, "No such file or directory");
  EXPECT_EQ(missing.start_error, ENOENT);
  EXPECT_EQ(run_program({"no-such-program-of-dplaunch"}).start_error, ENOENT);

  const testing::TemporaryFolder folder;
  const std::filesystem::path script = folder / "script";
  testing::write_text(script, "exit 0\n");
  EXPECT_EQ(run_program({script.string()}).start_error, EACCES);
  std::filesystem::permissions(script, std::filesystem::perms::owner_all);
  EXPECT_EQ(run_program({script.string()}).start_error, ENOEXEC) << "no shell was to run it";
}

TEST(RunProgram, KillsWhatDoesNotEnd) {
  EXPECT_THAT(sh("echo $$; exec sleep 600", std::chrono::milliseconds(100)).problem,
              HasSubstr("no end"));
  // A child that lives on with the output open does not hold us up.
  EXPECT_THAT(sh("sleep 2 & exit 0", std::chrono::milliseconds(100)).problem, HasSubstr("no end"));
  // Nor does a program that closes its output and goes on.
  EXPECT_EQ(sh("exec >/dev/null 2>&1; exec sleep 600", std::chrono::milliseconds(100)).problem,
            "no end after 0.1 s");
}

TEST(RunProgram, LetsItsCallerWatchAndSignalIt) {
  int times = 0;
  const ProgramResult result =
      run_program({"sleep", "600"}, {.watch =
                                         [&](pid_t program) {
                                           if (++times == 3) ::kill(program, SIGTERM);
                                         },
                                     .watch_interval = std::chrono::milliseconds(1)});
  EXPECT_EQ(result.signal, SIGTERM);
  EXPECT_GE(times, 3);
}

TEST(RunProgram, StopsReadingAFlood) {
  const ProgramResult result = sh("exec yes");
  EXPECT_THAT(result.problem, HasSubstr("too much output"));
  EXPECT_EQ(result.signal, SIGKILL);
  EXPECT_LE(result.output.size(), 70000U);
}

TEST(RunProgram, TheProgramDoesNotOutliveItsCaller) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);  // not close-on-exec: open as long as any of them lives
  testing::ChildProcess caller([&] {
    const std::string to_test = ">&" + std::to_string(ends[1]);
    run_program({"/bin/sh", "-c", "printf x " + to_test + "; exec sleep 600"});
    return 0;
  });
  ::close(ends[1]);
  ASSERT_TRUE(testing::await_byte(ends[0]));
  caller.kill_and_wait();
  EXPECT_FALSE(testing::await_byte(ends[0])) << "the pipe is closed once both are dead";
  ::close(ends[0]);
}

TEST(RunProgram, UndoesASignalMask) {
  sigset_t blocked;
  sigset_t before;
  ::sigemptyset(&blocked);
  ::sigaddset(&blocked, SIGTERM);
  ::sigprocmask(SIG_BLOCK, &blocked, &before);
  EXPECT_EQ(sh("kill -TERM $$; echo survived").signal, SIGTERM);
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace
}  // namespace dplaunch
